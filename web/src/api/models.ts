/**
 * What travels, by the names of the API. Times are RFC 3339 in UTC, `null` is unknown, units are in the names.
 * Every enumeration is open: a newer server may send a word that is not listed, so pages always have a default.
 */
export type Id = string
export type Time = string
/** One of the known words, or a newer one. */
export type Open<T extends string> = T | (string & {})
/** `[ms since 1970, value]` */
export type Point = [number, number | null]

export interface Named { id: Id; name: string }

interface Row { id: Id; version: number; created_at: Time; updated_at: Time }

/** The envelope of every list. */
export interface Page<T> {
  next: string | null
  previous: string | null
  results: T[]
  meta: { has_next: boolean; has_previous: boolean; total_estimate: number; total_is_exact: boolean }
}

export type DeviceStatus = Open<'up' | 'degraded' | 'down' | 'unreachable' | 'unmonitored' | 'pending' | 'decommissioned'>

export interface Device extends Row {
  name: string; address: string; primary_ip: string; realm_id: Id; site_id: Id | null; site: Named | null
  tags: string[]; credentials: Id[]; poll_interval_seconds: number; monitored: boolean; decommissioned: boolean; notes: string | null
  role: string | null; snmp_port: number
  vendor: string | null; model: string | null; os: string | null; os_version: string | null; serial: string | null
  sys_name: string | null; sys_descr: string | null; sys_object_id: string | null; sys_location: string | null; sys_contact: string | null
  chassis_id: string | null; engine_id: string | null
  status: DeviceStatus; access: Access[]; state: DeviceState
}

export interface Storage { name: string; used_bytes: number; total_bytes: number }

export interface DeviceState {
  status_since: Time | null; status_reason: string | null; uptime_seconds: number | null; rebooted_at: Time | null
  last_polled_at: Time | null; last_poll_duration_ms: number | null; next_poll_at: Time | null; last_answer_at: Time | null
  latency_ms: number | null; loss_ratio: number | null; cpu_ratio: number | null
  memory_used_bytes: number | null; memory_total_bytes: number | null; storage: Storage[]
  interfaces_total: number; interfaces_up: number; interfaces_down: number; alerts_active: number
}

export interface Access {
  protocol: Open<'snmp' | 'icmp' | 'tcp'>
  state: Open<'ok' | 'no_answer' | 'refused' | 'wrong_credentials' | 'wrong_privacy_key' | 'authorization_denied' | 'unsupported' | 'error'>
  since: Time; credential_id: Id | null
  causes: { cause: string; likelihood: Open<'likely' | 'possible' | 'unlikely'> }[]
  solution: string | null
}

export interface Interface extends Row {
  device_id: Id; device: Named; if_index: number; name: string; alias: string | null; description: string | null; kind: string | null
  mac: string | null; mtu: number | null; speed_bps: number | null; admin_status: string; oper_status: string; status_since: Time | null
  note: string | null; monitored: boolean
  thresholds: { utilisation_warning_ratio: number | null; utilisation_critical_ratio: number | null } | null
  peer: { device_id: Id | null; device_name: string | null; interface_id: Id | null; interface_name: string | null } | null
  state: InterfaceState
}

export interface InterfaceState {
  at: Time | null; in_bps: number | null; out_bps: number | null; in_pps: number | null; out_pps: number | null
  in_multicast_pps: number | null; out_multicast_pps: number | null; in_broadcast_pps: number | null; out_broadcast_pps: number | null
  in_errors_per_second: number | null; out_errors_per_second: number | null
  in_discards_per_second: number | null; out_discards_per_second: number | null
  in_utilisation_ratio: number | null; out_utilisation_ratio: number | null; utilisation_ratio: number | null
  in_octets: string | null; out_octets: string | null
}

export interface Address {
  id: Id; device_id: Id; device: Named; interface_id: Id | null; interface_name: string | null
  address: string; prefix_length: number | null; network: string | null; realm_id: Id; first_seen: Time; last_seen: Time
}

export interface Neighbour {
  id: Id; device_id: Id; interface_id: Id | null; local_port: string; protocol: Open<'lldp' | 'cdp'>
  chassis_id: string | null; chassis_id_kind: string | null; port_id: string | null; port_id_kind: string | null; port_description: string | null
  system_name: string | null; system_description: string | null; management_addresses: string[]; capabilities: string[]
  remote_device: Named | null; remote_interface: Named | null; first_seen: Time; last_seen: Time
}

export interface Source {
  name: string; status: Open<'ok' | 'stale' | 'timeout' | 'error' | 'not_configured'>; age_seconds: number | null; detail: string | null
}

export interface Series {
  from: Time; to: Time; step_seconds: number
  series: { metric: string; unit: string; labels: Record<string, string>; points: Point[] }[]
  parts: { from: Time; to: Time; resolution_seconds: number }[]
  sources: Source[]
}

/** A network the server's host is in, worth looking through first. */
export interface DiscoverySuggestion {
  target: string; network: string; address: string; interface: string; kind: Open<'network' | 'inside'>
  gateway: string | null; addresses: number; reason: string | null
}

export interface Site extends Row { name: string; parent_id: Id | null; address: string | null; latitude: number | null; longitude: number | null; notes: string | null }
export interface Tag extends Row { name: string; color: string | null; description: string | null }
export interface Realm extends Row { name: string; description: string | null; is_default: boolean }
export interface DeviceGroup extends Row { name: string; description: string | null; device_ids: Id[] }
export interface Ignored extends Row { address: string; realm_id: Id; reason: string | null }

export type CredentialKind = Open<'snmp_v1' | 'snmp_v2c' | 'snmp_v3' | 'ssh'>
export interface Credential extends Row {
  name: string; kind: CredentialKind; username: string | null; auth_protocol: string | null; privacy_protocol: string | null
  context: string | null; description: string | null; has_secret: boolean
}
/** Secrets go in and never come out. */
export interface CredentialInput {
  name: string; kind: CredentialKind; description?: string | null
  community?: string; username?: string; auth_protocol?: string; auth_secret?: string; privacy_protocol?: string; privacy_secret?: string; context?: string
}
export interface CredentialTest { access: Access; system: { name: string | null; descr: string | null; object_id: string | null } | null }

export interface Check extends Row {
  name: string; kind: Open<'ping' | 'tcp'>; device_id: Id | null; address: string; port: number | null
  interval_seconds: number; timeout_ms: number; enabled: boolean
  state: { status: Open<'ok' | 'failing' | 'unknown'>; since: Time | null; last_at: Time | null; latency_ms: number | null; loss_ratio: number | null; jitter_ms: number | null; message: string | null }
}

export interface PingResult {
  sent: number; received: number; loss_ratio: number; min_ms: number | null; avg_ms: number | null; max_ms: number | null; jitter_ms: number | null
  replies: { seq: number; rtt_ms: number | null }[]
}
export interface SnmpValue { oid: string; name: string | null; type: string; value: unknown; text: string }
export interface SnmpGetResult { results: SnmpValue[]; duration_ms: number }
export interface SnmpWalkResult { results: SnmpValue[]; truncated: boolean; duration_ms: number }

export interface Topology { nodes: TopologyNode[]; links: TopologyLink[]; computed_at: Time; folded: boolean }
export interface TopologyNode {
  id: Id; device_id: Id | null; name: string | null; kind: Open<'device' | 'neighbour' | 'hidden' | 'site'>; role: string | null; status: string | null
  site: Named | null; building: Named | null; address: string | null; vendor: string | null; model: string | null
  x: number | null; y: number | null; pinned: boolean; alerts_active: number
  /** Of a folded site: how many devices it holds. */
  devices?: number | null
}
export interface LinkEnd { node: Id; interface: Id | null; interface_name: string | null }
export interface LinkEvidence { protocol: string; seen_by: Id; local_port: string | null; remote_port: string | null; first_seen: Time; last_seen: Time }
export interface TopologyLink {
  id: Id; source: LinkEnd; target: LinkEnd; status: Open<'up' | 'down' | 'unknown'>; speed_bps: number | null; utilisation_ratio: number | null
  source_to_target_bps: number | null; target_to_source_bps: number | null; errors_per_second: number | null
  confidence: number; protocols: string[]; evidence: LinkEvidence[]; first_seen: Time; last_seen: Time
}
export interface TopologyLayout { id: Id; version: number; name: string; positions: Record<Id, { x: number; y: number; pinned: boolean }> }

export type JobStatus = Open<'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>
export interface Discovery extends Row {
  name: string; mode: Open<'sweep' | 'crawl'>; targets: string[]; exclude: string[]; port: number; realm_id: Id; credentials: Id[]
  schedule: string | null; add_unidentified: boolean; confirm_large: boolean; create_sites?: boolean; next_run_at: Time | null; last_run: Run | null
}
export interface Run {
  id: Id; discovery_id: Id; status: JobStatus
  progress: { done: number; total: number; rate_per_second: number | null; eta_seconds: number | null }
  found: { devices: number; new: number; changed: number; candidates: number }
  job_id: Id; started_at: Time | null; finished_at: Time | null; error: string | null
}
export interface RunResult {
  id: Id; run_id: Id; address: string; outcome: Open<'new' | 'changed' | 'unchanged' | 'candidate' | 'ignored' | 'duplicate'>
  device_id: Id | null; name: string | null; vendor: string | null; model: string | null; os: string | null; role: string | null
  latency_ms: number | null; access: Access[]; found_at: Time
}

export type Severity = Open<'critical' | 'warning' | 'info'>
export interface Alert {
  id: Id; version: number; rule_id: Id | null; rule_name: string; severity: Severity; status: Open<'active' | 'acknowledged' | 'resolved'>
  title: string; detail: string | null; subject: { type: string; id: Id; name: string }; device: Named | null; interface: Named | null; site_id: Id | null
  metric: string | null; value: number | null; threshold: number | null; unit: string | null
  raised_at: Time; changed_at: Time; acknowledged_at: Time | null; acknowledged_by: string | null; acknowledged_until: Time | null
  silenced_until: Time | null; resolved_at: Time | null; resolved_by: string | null; occurrences: number
  comments: { at: Time; by: string; text: string }[]; deliveries: { channel: string; at: Time; status: string }[]
}
export type AlertCondition =
  | { kind: 'threshold'; metric: string; operator: 'gt' | 'gte' | 'lt' | 'lte'; value: number; clear_value: number | null }
  | { kind: 'state'; states: string[] }
  | { kind: 'event'; event: string }
export interface AlertRule extends Row {
  name: string; description: string | null; enabled: boolean; built_in: boolean; severity: Severity
  subject: Open<'device' | 'interface' | 'check' | 'collector'>; condition: AlertCondition
  for_seconds: number; clear_for_seconds: number; sites: Id[]; tags: string[]
}
export interface RulePreview {
  would_have_fired: number; truncated: boolean
  firings: { subject: { type: string; id: Id; name: string }; raised_at: Time; cleared_at: Time | null; peak: number | null }[]
}
export interface Channel extends Row {
  name: string; kind: Open<'email'>; enabled: boolean; recipients: string[]; minimum_severity: Severity; sites: Id[]; send_resolved: boolean
}
export interface Delivery {
  id: Id; channel_id: Id; channel_name: string; alert_id: Id; event: string; status: Open<'pending' | 'sent' | 'failed'>
  attempts: number; error: string | null; created_at: Time; sent_at: Time | null
}

export interface Job {
  id: Id; kind: string; status: JobStatus; progress: { done: number; total: number | null; message: string | null }
  result: { type: string; id: Id; href: string } | null; error: string | null; requested_by: string | null; attempts: number
  created_at: Time; started_at: Time | null; finished_at: Time | null
}
export interface JobLogLine { at: Time; level: string; message: string }

/** An event of the catalogue (API.md §8); named apart from the DOM's `Event`. */
export interface EventRecord {
  id: Id; seq: string; type: string; occurred_at: Time; subject: { type: string; id: Id | null; name: string | null }; severity: Severity
  data: Record<string, unknown> | null; previous: Record<string, unknown> | null; cause: Record<string, unknown> | null
}

/** `null` means everything. */
export interface ObjectScope { sites: Id[]; device_groups: Id[]; realms: Id[] }
export interface User extends Row {
  username: string; display_name: string | null; email: string | null; roles: string[]; scope: ObjectScope | null
  disabled: boolean; must_change_password: boolean; language: Open<'en' | 'fr'> | null; last_sign_in_at: Time | null
}
export interface Role extends Row { name: string; description: string | null; permissions: string[]; built_in: boolean }
export interface ApiKey extends Row {
  name: string; permissions: string[]; scope: ObjectScope | null; expires_at: Time | null; allowed_addresses: string[]
  hint: string; last_used_at: Time | null; created_by: string
}
export interface Me {
  user: User | null; permissions: string[]; scope: ObjectScope | null; csrf_token: string | null; expires_at: Time | null; method: Open<'session' | 'api_key' | 'token'>
}
export interface SessionView { id: Id; address: string | null; user_agent: string | null; created_at: Time; last_seen_at: Time; current: boolean }

export interface AuditEntry {
  id: Id; at: Time; actor: { type: Open<'user' | 'api_key' | 'system'>; id: Id | null; name: string }; action: string
  resource: { type: string; id: Id | null; name: string | null }
  before: Record<string, unknown> | null; after: Record<string, unknown> | null
  address: string | null; request_id: string | null; outcome: Open<'success' | 'failure'>
}

export interface LogLine {
  id: string; at: Time; severity: Open<'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'informational' | 'debug'> | null; facility: number | null
  host: string | null; program: string | null; name: string | null; message: string; device_id: Id | null; source_ip: string | null; interface: string | null
  device_time: Time | null; attributes: Record<string, string[]>
}

export interface Figure { value: number | null; unit: string; source: string; at: Time | null; label?: string | null; series: Point[] }
export interface SystemDashboard { computed_at: Time; sources: Source[]; metrics: Record<string, Figure | Figure[]> }
export interface TopInterface {
  interface_id: Id; device_id: Id; device_name: string; name: string; alias: string | null; value: number
  in_bps: number | null; out_bps: number | null; speed_bps: number | null; utilisation_ratio: number | null; series: Point[]
}
export interface SiteSummary { id: Id | null; name: string; devices: number; down: number; degraded: number }
export interface NetworkDashboard {
  computed_at: Time; sources: Source[]; devices_by_status: Record<string, number>; interfaces_by_status: Record<string, number>
  availability_ratio: number | null; latency_ms: { p50: number | null; p95: number | null }
  top_interfaces: { by_utilisation: TopInterface[]; by_errors: TopInterface[]; by_discards: TopInterface[] }
  recent_events: EventRecord[]; active_alerts: Alert[]; alerts_by_severity: Record<string, number>; sites: SiteSummary[]
  topology: { nodes: number; links: number; links_down: number; computed_at: Time }
  traffic: { in_bps: Point[]; out_bps: Point[] }
}
export interface ServiceView {
  id: Id; kind: string; name: string; instance: string | null; status: Open<'healthy' | 'degraded' | 'unhealthy' | 'unknown' | 'not_configured'>
  detail: string | null; solution: string | null; checked_at: Time | null; response_ms: number | null; version: string | null
}
export interface CacheLevel {
  level: Open<'l1' | 'l2' | 'l3'>; kind: Open<'memory' | 'redis' | 'disk'>; status: Open<'healthy' | 'degraded' | 'not_configured'>; detail: string | null
  entries: number | null; bytes: number | null; max_bytes: number | null; evictions: number | null
  operations: number; hits: number; misses: number; hit_ratio: number | null
}
export interface CacheOperation { operation: string; level: string; operations: number; hits: number; misses: number; hit_ratio: number | null; evictions: number; entries: number; tags: string[] }
/** A search that is asked for often; its weight is in how many minutes, halved by each warming. */
export interface PopularSearch { q: string; from: string | null; to: string | null; weight: number; last_asked_at: Time; is_limited: boolean }
export interface SearchWarming { warmed_at: Time | null; warmed: number; popular: PopularSearch[] }
export interface CacheStats { computed_at: Time; hit_ratio: number | null; levels: CacheLevel[]; operations: CacheOperation[]; searches: SearchWarming }

export interface SystemInfo {
  name: string; version: string; commit: string | null; started_at: Time; uptime_seconds: number; node_id: string
  database: string; schema_version: number; public_url: string | null
}
export interface PermissionView { permission: string; description: string }
