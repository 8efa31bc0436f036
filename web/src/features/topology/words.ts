import type { TopologyLink, TopologyNode } from '@/api/models'
import { t, textOr } from '@/i18n'
import { markOf, type Mark } from '@/ui/status'

export function nodeName(node: TopologyNode | undefined): string {
  if (!node) return '–'
  return node.name ?? node.address ?? t(node.kind === 'hidden' ? 'topology.role.hidden' : 'topology.role.none')
}

export function roleWord(node: TopologyNode): string {
  if (node.kind === 'hidden') return t('topology.role.hidden')
  return node.role ? textOr(`topology.role.${node.role}`, node.role) : t('topology.role.none')
}

/** Where `neighbour` and `hidden` nodes have no state of their own. */
export function statusWord(node: TopologyNode): string {
  if (node.kind === 'neighbour' || node.kind === 'hidden') return t('topology.status.neighbour')
  return node.status ? textOr(`topology.status.${node.status}`, node.status) : t('topology.status.unknown')
}

export function nodeMark(node: TopologyNode): Mark {
  return node.kind === 'neighbour' || node.kind === 'hidden' ? 'off' : markOf(node.status)
}

export function linkMark(link: TopologyLink): Mark {
  return markOf(link.status)
}

export function linkStatusWord(link: TopologyLink): string {
  return textOr(`topology.status.${link.status}`, link.status)
}

/** `LLDP both ends`, the way the evidence of a link is told in one line. */
export function evidenceWord(link: TopologyLink): string {
  const protocols = link.protocols.map(protocol => protocol.toUpperCase()).join(', ')
  const ends = link.confidence >= 0.95 ? 'both' : link.confidence > 0.6 ? 'one' : 'weak'
  return `${protocols}${protocols ? ', ' : ''}${t(`topology.panel.${ends}`)}`
}
