import { useQueryClient } from '@tanstack/vue-query'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Device } from '@/api/models'
import { runAct } from '@/app/mutate'
import { toast } from '@/ui/toast'
import { deviceKeys, identifyNow, jobEnd, pollNow, useUpdateDevice } from './useDevices'

/** What a person does to a device from its page. */
export function useDeviceActs(device: () => Device | undefined) {
  const { t } = useI18n()
  const client = useQueryClient()
  const update = useUpdateDevice()
  const polling = ref(false)

  async function work(name: string, start: (id: string) => Promise<{ job_id: string }>) {
    const now = device()
    if (!now) return
    const done = await runAct(async () => jobEnd((await start(now.id)).job_id), { failed: t(`devices.act.${name}Failed`, { name: now.name }) })
    if (done?.status === 'failed') toast(`${t(`devices.act.${name}Failed`, { name: now.name })}: ${done.error ?? ''}`, { tone: 'bad' })
    else if (done) toast(t(`devices.act.${name}Done`, { name: now.name }))
    await client.invalidateQueries({ queryKey: deviceKeys.one(now.id) })
  }

  return {
    polling,
    async poll() {
      if (polling.value) return
      polling.value = true
      await work('poll', pollNow)
      polling.value = false
    },
    identify: () => void work('identify', identifyNow),
    async toggleMonitored() {
      const now = device()
      if (!now) return
      const monitored = !now.monitored
      const set = (on: boolean, of: Device) => update.mutateAsync({ device: of, body: { monitored: on } })
      const changed = await runAct(() => set(monitored, now), { failed: t('devices.act.changeFailed', { name: now.name }) })
      if (changed) toast(t(monitored ? 'devices.act.resumed' : 'devices.act.paused', { name: now.name }), { action: { label: t('devices.act.undo'), run: () => void runAct(() => set(!monitored, changed), { failed: t('devices.act.changeFailed', { name: now.name }) }) } })
    },
  }
}
