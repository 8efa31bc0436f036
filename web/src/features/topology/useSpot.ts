import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { impactOf, pathBetween, type Adjacency } from './analysis'
import { NODE_BAND, type Scene } from './scene'
import type { MapState } from './useMapState'
import { nodeName } from './words'

/** What stands in the light; everything else stands back. `bad`: the answer is a warning. */
export interface Spot { nodes: Uint8Array, links: Uint8Array, text: string, bad: boolean, fromFilter: boolean }

/** Impact, path, single points of failure or filters: the first that is asked for. */
export function useSpot(state: MapState, scene: Ref<Scene | null>, graph: Ref<Adjacency | null>, anchors: Ref<number[]>, cuts: Ref<Int32Array>) {
  const { t } = useI18n()
  const index = computed(() => new Map(scene.value?.nodes.map((node, i) => [node.id, i])))
  const linkIndex = computed(() => new Map(scene.value?.links.map((link, l) => [link.id, l])))
  const nameOf = (i: number) => nodeName(scene.value?.nodes[i])

  function impact(now: Scene, adjacency: Adjacency): Spot | null {
    const picked = state.selection.value
    if (!picked) return null
    const [node, link] = picked.kind === 'node' ? [index.value.get(picked.id), undefined] : [undefined, linkIndex.value.get(picked.id)]
    if (node === undefined && link === undefined) return null
    const lost = impactOf(adjacency, anchors.value, { node, link })
    const nodes = marked(now.nodes.length, node === undefined ? lost : [...lost, node])
    const name = node === undefined ? linkName(now, link!) : nameOf(node)
    const links = linksWithin(now, nodes)
    if (link !== undefined) links[link] = 1
    return { nodes, links, bad: lost.length > 0, fromFilter: false, text: lost.length === 0 ? t('topology.spot.impactNone', { name }) : t('topology.spot.impactSome', { name, n: lost.length }, lost.length) }
  }

  function path(now: Scene, adjacency: Adjacency, target: string): Spot | null {
    const picked = state.selection.value
    const from = picked?.kind === 'node' ? index.value.get(picked.id) : undefined
    const to = index.value.get(target)
    if (from === undefined) return null
    if (to === undefined) return { ...whole(now), text: t('topology.spot.pick', { name: nameOf(from) }), bad: false, fromFilter: false }
    const names = { from: nameOf(from), to: nameOf(to) }
    const way = pathBetween(adjacency, from, to, link => now.links[link]!.status === 'down')
    if (!way) return { nodes: marked(now.nodes.length, [from, to]), links: new Uint8Array(now.links.length), text: t('topology.spot.pathNone', names), bad: true, fromFilter: false }
    const down = way.links.some(link => now.links[link]!.status === 'down')
    return {
      nodes: marked(now.nodes.length, way.nodes), links: marked(now.links.length, way.links), bad: down, fromFilter: false,
      text: down ? t('topology.spot.pathDown', names) : t('topology.spot.path', { ...names, n: way.links.length }, way.links.length),
    }
  }

  function singlePoints(now: Scene): Spot {
    const points = [...cuts.value.keys()].filter(i => cuts.value[i]! > 0)
    return {
      nodes: marked(now.nodes.length, points), links: new Uint8Array(now.links.length), bad: points.length > 0, fromFilter: false,
      text: points.length === 0 ? t('topology.spot.spofNone') : t('topology.spot.spof', { n: points.length }, points.length),
    }
  }

  function filtered(now: Scene): Spot | null {
    const [sites, roles] = [new Set(state.sites.value), new Set(state.roles.value)]
    const [problems, oneEnd] = [state.problems.value !== '', state.oneEnd.value !== '']
    if (sites.size === 0 && roles.size === 0 && !problems && !oneEnd) return null
    const nodes = Uint8Array.from(now.nodes, (node, i) => Number(
      (sites.size === 0 || sites.has(node.site?.name ?? '')) && (roles.size === 0 || roles.has(node.role ?? ''))
      && (!problems || (now.nodeBand[i]! >= NODE_BAND.warn && now.nodeBand[i]! <= NODE_BAND.behind))))
    const links = linksWithin(now, nodes)
    if (oneEnd) {
      now.links.forEach((link, l) => { if (link.confidence >= 0.95) links[l] = 0 })
      nodes.fill(0)
      links.forEach((on, l) => { if (on === 1) for (const end of [0, 1]) nodes[now.linkNodes[2 * l + end]!] = 1 })
    }
    const n = nodes.reduce((sum, on) => sum + on, 0)
    return { nodes, links, text: t('topology.filter.shown', { n, all: now.nodes.length }, n), bad: false, fromFilter: true }
  }

  return computed<Spot | null>(() => {
    const now = scene.value
    const adjacency = graph.value
    if (!now || !adjacency) return null
    const [what, ...target] = state.show.value.split(':')
    const asked = what === 'impact' ? impact(now, adjacency) : what === 'path' ? path(now, adjacency, target.join(':')) : what === 'spof' ? singlePoints(now) : null
    return asked ?? filtered(now)
  })
}

export function linkName(scene: Scene, link: number): string {
  const [a, b] = [0, 1].map(end => nodeName(scene.nodes[scene.linkNodes[2 * link + end]!]))
  return `${a} ↔ ${b}`
}

function whole(scene: Scene) {
  return { nodes: new Uint8Array(scene.nodes.length).fill(1), links: new Uint8Array(scene.links.length).fill(1) }
}

function marked(size: number, members: readonly number[]): Uint8Array {
  const set = new Uint8Array(size)
  for (const i of members) set[i] = 1
  return set
}

function linksWithin(scene: Scene, nodes: Uint8Array): Uint8Array {
  return Uint8Array.from(scene.links, (_, l) => nodes[scene.linkNodes[2 * l]!]! & nodes[scene.linkNodes[2 * l + 1]!]!)
}
