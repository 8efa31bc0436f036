import type { Topology } from '@/api/models'
import { applyPatch, type PatchOperation } from '@/app/jsonPatch'
import type { LiveFrame } from '@/app/live'

/** Applies a frame of the channel `topology`. Null: the frame does not fit what is known here, ask the server again. */
export function applyTopologyFrame(topology: Topology, frame: LiveFrame): Topology | null {
  const data = frame.data as Partial<Topology> & { patch?: PatchOperation[] } | PatchOperation[] | undefined
  if (data && !Array.isArray(data) && data.nodes && data.links) return data as Topology
  const operations = frame.patch ?? (Array.isArray(data) ? data : data?.patch)
  if (!operations) return topology
  try {
    return applyPatch(topology, operations.map(operation => byIndex(topology, operation)))
  } catch {
    return null
  }
}

/** A path may name a node or a link by its id instead of its place in the list: the list of two readers need not be in one order. */
function byIndex(topology: Topology, operation: PatchOperation): PatchOperation {
  const [, list, key, ...rest] = operation.path.split('/')
  if ((list !== 'nodes' && list !== 'links') || key === undefined || key === '-' || /^\d+$/.test(key)) return operation
  const items: readonly { id: string }[] = topology[list]
  const index = items.findIndex(item => item.id === key)
  if (index >= 0) return { ...operation, path: ['', list, String(index), ...rest].join('/'), op: operation.op === 'add' && rest.length === 0 ? 'replace' : operation.op }
  return operation.op === 'add' && rest.length === 0 ? { ...operation, path: `/${list}/-` } : operation
}
