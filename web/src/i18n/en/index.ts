import app from './app.json'
import dashboards from './dashboards.json'
import telemetry from './telemetry.json'
import ui from './ui.json'

/** What the shell and the overview say. One file a feature: the key starts with its name (`dashboards.tile.ports`). */
export default { app, dashboards, telemetry, ui }
