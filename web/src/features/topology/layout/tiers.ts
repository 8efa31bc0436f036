/** Tier by role: 0 edge, 1 core, 2 distribution and servers, 3 access, 4 what hangs on access. */
const TIER_OF_ROLE: Record<string, number> = {
  internet: 0, wan: 0, firewall: 0, router: 0, gateway: 0, edge: 0, edge_router: 0,
  core: 1, core_switch: 1, spine: 1,
  distribution: 2, aggregation: 2, distribution_switch: 2, leaf: 2, load_balancer: 2,
  server: 2, hypervisor: 2, storage: 2, nas: 2, virtual_machine: 2, wireless_controller: 2,
  access: 3, access_switch: 3, edge_switch: 3, bridge: 3,
  access_point: 4, phone: 4, endpoint: 4, printer: 4, camera: 4, host: 4, workstation: 4, ups: 4, pdu: 4, sensor: 4,
}

const SERVER_ROLES = new Set(['server', 'hypervisor', 'storage', 'nas', 'virtual_machine', 'load_balancer', 'wireless_controller'])

export function isServer(role: string | null): boolean {
  return role !== null && SERVER_ROLES.has(role)
}

/**
 * Tiers of all nodes. Who has no telling role gets it by the distance from the edge of the graph: a leaf is 4,
 * what leaves hang on is 3, and so on up to 1. `first` and `next` are the adjacency of the model.
 */
export function inferTiers(roles: readonly (string | null)[], first: Int32Array, next: Int32Array): Uint8Array {
  const unset = 255
  const tiers = Uint8Array.from(roles, role => (role === null ? unset : TIER_OF_ROLE[role] ?? unset))
  let wave: number[] = []
  for (let i = 0; i < roles.length; i++) {
    const leaf = tiers[i] === unset && distinctNeighbours(i, first, next) <= 1 && roles[i] !== 'switch'
    if (leaf) tiers[i] = 4
    if (tiers[i] === 4) wave.push(i)
  }
  for (let tier = 3; wave.length > 0; tier = Math.max(1, tier - 1)) {
    const following: number[] = []
    for (const i of wave) {
      for (let e = first[i]!; e < first[i + 1]!; e++) {
        const other = next[e]!
        if (tiers[other] !== unset) continue
        tiers[other] = tier
        following.push(other)
      }
    }
    wave = following
  }
  // Rings without leaves: nothing tells them apart, the access tier is the modest guess.
  for (let i = 0; i < tiers.length; i++) if (tiers[i] === unset) tiers[i] = 3
  return tiers
}

function distinctNeighbours(i: number, first: Int32Array, next: Int32Array): number {
  let count = 0
  let last = -1
  for (let e = first[i]!; e < first[i + 1]!; e++) {
    if (next[e] === last) continue
    last = next[e]!
    count++
  }
  return count
}
