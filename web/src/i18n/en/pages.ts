import alerts from './alerts.json'
import audit from './audit.json'
import cache from './cache.json'
import devices from './devices.json'
import discovery from './discovery.json'
import identity from './identity.json'
import jobs from './jobs.json'
import logs from './logs.json'
import topology from './topology.json'

/** What all other pages say: loaded with the first of them. */
export default { alerts, audit, cache, devices, discovery, identity, jobs, logs, topology }
