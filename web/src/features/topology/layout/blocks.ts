import { compare, type Model } from './model'

/** Which block (building) every node lives in, and whom it hangs on. */
export interface Blocks {
  /** Index into `groups`; -1 for the head of a site: edge, core and the servers beside it. */
  blockOf: Int32Array
  /** Node it hangs on, one step nearer to the core; -1 when none. */
  parent: Int32Array
  groups: BlockGroup[]
}

export interface BlockGroup {
  site: number
  label: string | null
  /** Devices without any known link. */
  loose: boolean
  members: number[]
}

const MAX_HEAD_SERVERS = 16
const MAX_CORE_ACCESS = 8

/** Groups nodes by building, else by the distribution pair that holds most of their uplinks. */
export function findBlocks(model: Model): Blocks {
  const work = new BlockFinder(model)
  work.placeHead()
  work.groupDistributions()
  work.attachAccess()
  work.spread()
  work.gatherRest()
  return { blockOf: work.blockOf, parent: findParents(model, work.blockOf), groups: work.groups }
}

class BlockFinder {
  readonly blockOf: Int32Array
  readonly groups: BlockGroup[] = []
  private readonly byKey = new Map<string, number>()

  constructor(private readonly model: Model) {
    this.blockOf = new Int32Array(model.size).fill(-2)
  }

  /** Edge, core, and the servers that hang on them while they are few enough to stand beside the core. */
  placeHead() {
    const { model, blockOf } = this
    const servers = new Map<number, number[]>()
    for (let i = 0; i < model.size; i++) {
      const headless = model.first[i] === model.first[i + 1]
      if (model.tier[i]! <= 1 && !headless) blockOf[i] = -1
      const besideCore = model.server[i] === 1 && this.some(i, other => model.tier[other]! <= 1 && model.site[other] === model.site[i])
      if (besideCore) push(servers, model.site[i]!, i)
    }
    for (const [site, list] of servers) {
      if (list.length <= MAX_HEAD_SERVERS) for (const i of list) blockOf[i] = -1
      else for (const i of list) this.join(i, this.group(site, 'servers', null))
    }
    // A server that does not stand beside the core is drawn like anything else that hangs on a switch.
    for (let i = 0; i < model.size; i++) if (model.server[i] === 1 && blockOf[i] !== -1) model.tier[i] = 4
  }

  /** Distribution switches that share most of their access switches stand together. */
  groupDistributions() {
    const { model } = this
    const weight = new Map<string, { site: number, members: number[], count: number }>()
    for (let i = 0; i < model.size; i++) {
      if (model.tier[i] !== 3) continue
      const uplinks = this.distributionsOf(i)
      if (uplinks.length === 0) continue
      const key = uplinks.join(',')
      const seen = weight.get(key)
      if (seen) seen.count++
      else weight.set(key, { site: model.site[i]!, members: uplinks, count: 1 })
    }
    const ranked = [...weight].sort((p, q) => q[1].count - p[1].count || compare(p[0], q[0])).map(([, set]) => set)
    for (const set of ranked) this.joinSet(set.members)
    for (let i = 0; i < model.size; i++) if (this.isDistribution(i) && this.blockOf[i] === -2) this.joinSet([i])
  }

  attachAccess() {
    const { model } = this
    const onCore = new Map<number, number[]>()
    for (let i = 0; i < model.size; i++) {
      if (model.tier[i] !== 3 || this.blockOf[i] !== -2) continue
      const best = this.favourite(i, other => this.isDistribution(other))
      if (this.model.building[i] !== null) this.join(i, this.home(i, ''))
      else if (best >= 0) this.join(i, this.blockOf[best]!)
      else if (this.some(i, other => this.blockOf[other] === -1 && model.site[other] === model.site[i])) push(onCore, model.site[i]!, i)
    }
    for (const [site, list] of onCore) {
      const blocks = Math.ceil(list.length / MAX_CORE_ACCESS)
      const each = Math.ceil(list.length / blocks)
      list.forEach((i, n) => this.join(i, this.group(site, `core-access-${Math.floor(n / each)}`, null)))
    }
  }

  /** Everybody else follows the neighbour nearest to the core, wave by wave. */
  spread() {
    const { model, blockOf } = this
    for (let i = 0; i < model.size; i++) if (blockOf[i] === -2 && model.building[i] !== null) this.join(i, this.home(i, ''))
    for (let waiting = this.waiting(); waiting.length > 0;) {
      const found = waiting.map(i => [i, this.favourite(i, other => blockOf[other]! >= 0)] as const).filter(([, best]) => best >= 0)
      if (found.length === 0) break
      const joins = found.map(([i, best]) => [i, blockOf[best]!] as const)
      for (const [i, block] of joins) this.join(i, block)
      waiting = this.waiting()
    }
    for (const i of this.waiting()) {
      if (this.some(i, other => blockOf[other] === -1)) this.join(i, this.group(model.site[i]!, 'core-leaves', null))
    }
  }

  /** Islands without a head get a block each; devices without links share one. */
  gatherRest() {
    const { model, blockOf } = this
    for (let i = 0; i < model.size; i++) {
      if (blockOf[i] !== -2) continue
      if (model.first[i] === model.first[i + 1]) {
        this.join(i, this.group(model.site[i]!, 'loose', null, true))
        continue
      }
      const island = this.group(model.site[i]!, `island-${i}`, null)
      const stack = [i]
      this.join(i, island)
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        this.each(node, (other) => {
          if (blockOf[other] !== -2 || model.site[other] !== model.site[i]) return
          this.join(other, island)
          stack.push(other)
        })
      }
    }
  }

  private joinSet(members: readonly number[]) {
    const settled = members.find(i => this.blockOf[i]! >= 0)
    const first = members[0]!
    const block = settled === undefined ? -1 : this.blockOf[settled]!
    for (const i of members) {
      if (this.blockOf[i] !== -2) continue
      if (this.model.building[i] !== null) this.join(i, this.home(i, ''))
      else this.join(i, block >= 0 ? block : this.home(i, `distribution-${first}`))
    }
  }

  private isDistribution(i: number): boolean {
    return this.model.tier[i] === 2 && this.model.server[i] === 0
  }

  private distributionsOf(i: number): number[] {
    const found = new Set<number>()
    this.each(i, (other) => {
      if (this.isDistribution(other) && this.model.site[other] === this.model.site[i]) found.add(other)
    })
    return [...found].sort((p, q) => p - q)
  }

  /** The block most of i's links lead to, by its most linked member that passes; nearest to the core wins ties. */
  private favourite(i: number, passes: (other: number) => boolean): number {
    const { model } = this
    const votes = new Map<number, { count: number, node: number }>()
    this.each(i, (other) => {
      if (model.site[other] !== model.site[i] || this.blockOf[other]! < 0 || !passes(other)) return
      const block = this.blockOf[other]!
      const vote = votes.get(block)
      if (!vote) votes.set(block, { count: 1, node: other })
      else {
        vote.count++
        if (model.tier[other]! < model.tier[vote.node]! || (model.tier[other] === model.tier[vote.node] && other < vote.node)) vote.node = other
      }
    })
    let best = -1
    let most = 0
    for (const vote of votes.values()) {
      if (vote.count > most || (vote.count === most && vote.node < best)) {
        most = vote.count
        best = vote.node
      }
    }
    return best
  }

  private home(i: number, key: string): number {
    const building = this.model.building[i] ?? null
    return building === null ? this.group(this.model.site[i]!, key, null) : this.group(this.model.site[i]!, `building ${building}`, building)
  }

  private group(site: number, key: string, label: string | null, loose = false): number {
    const full = `${site} ${key}`
    const known = this.byKey.get(full)
    if (known !== undefined) return known
    this.groups.push({ site, label, loose, members: [] })
    this.byKey.set(full, this.groups.length - 1)
    return this.groups.length - 1
  }

  private join(i: number, block: number) {
    this.blockOf[i] = block
    this.groups[block]!.members.push(i)
  }

  private waiting(): number[] {
    const list: number[] = []
    for (let i = 0; i < this.model.size; i++) if (this.blockOf[i] === -2) list.push(i)
    return list
  }

  private each(i: number, visit: (other: number) => void) {
    for (let e = this.model.first[i]!; e < this.model.first[i + 1]!; e++) visit(this.model.next[e]!)
  }

  private some(i: number, test: (other: number) => boolean): boolean {
    for (let e = this.model.first[i]!; e < this.model.first[i + 1]!; e++) if (test(this.model.next[e]!)) return true
    return false
  }
}

/** Parent: the neighbour of the same site nearest to the core, own block first, then first in natural order. */
function findParents(model: Model, blockOf: Int32Array): Int32Array {
  const parent = new Int32Array(model.size).fill(-1)
  for (let i = 0; i < model.size; i++) {
    let best = -1
    let bestRank = Infinity
    for (let e = model.first[i]!; e < model.first[i + 1]!; e++) {
      const other = model.next[e]!
      const step = model.tier[i]! - model.tier[other]!
      if (model.site[other] !== model.site[i] || step < 0 || (step === 0 && other > i)) continue
      const foreign = blockOf[other] === blockOf[i] ? 0 : 10
      const rank = foreign + (step === 0 ? 5 : step)
      if (rank < bestRank || (rank === bestRank && other < best)) {
        best = other
        bestRank = rank
      }
    }
    parent[i] = best
  }
  return parent
}

function push<K>(map: Map<K, number[]>, key: K, value: number) {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
