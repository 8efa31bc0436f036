import alerts from './alerts.json'
import app from './app.json'
import audit from './audit.json'
import dashboards from './dashboards.json'
import devices from './devices.json'
import discovery from './discovery.json'
import identity from './identity.json'
import jobs from './jobs.json'
import telemetry from './telemetry.json'
import topology from './topology.json'
import ui from './ui.json'

/** One file a feature: the key starts with its name (`devices.list.title`). */
export default { alerts, app, audit, dashboards, devices, discovery, identity, jobs, telemetry, topology, ui }
