import { ref } from 'vue'
import type { Device } from '@/api/models'
import { asApiError } from '@/api/problem'
import { mergeChanges, type Conflict } from '@/app/merge'
import { fetchDevice, useUpdateDevice, type DeviceInput } from './useDevices'

type Field = keyof DeviceInput & keyof Device

/** Changes a device; what somebody else changed meanwhile is merged, and asked about where both touched one field. */
export function useDeviceEdit(base: Device) {
  const update = useUpdateDevice()
  const conflicts = ref<Conflict<Field>[]>([])
  let theirs = base
  let rest: Partial<DeviceInput> = {}

  const send = (version: number, body: Partial<DeviceInput>) => update.mutateAsync({ device: { id: base.id, version }, body })

  /** True when it is saved; false when `conflicts` have to be settled first. Other refusals are thrown. */
  async function save(changes: Partial<DeviceInput>): Promise<boolean> {
    try {
      await send(theirs.version, changes)
      return true
    } catch (error) {
      if (asApiError(error).status !== 412) throw error
      const before = theirs
      theirs = await fetchDevice(base.id)
      const found = mergeChanges<Pick<Device, Field>>(before, changes as Partial<Pick<Device, Field>>, theirs)
      rest = found.merged
      conflicts.value = found.conflicts as Conflict<Field>[]
      return found.conflicts.length ? false : save(rest)
    }
  }
  /** Saves with the fields named in `mine` as changed here; the others stay as they are on the server. */
  async function settle(mine: readonly string[]): Promise<boolean> {
    const kept = Object.fromEntries(conflicts.value.filter((c) => mine.includes(c.key)).map((c) => [c.key, c.mine]))
    const saved = await save({ ...rest, ...kept })
    if (saved) conflicts.value = []
    return saved
  }
  return { save, settle, conflicts, busy: update.isPending }
}
