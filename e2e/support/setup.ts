import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { artefacts, place } from './place.ts'
import { ready, start, stop } from './programs.ts'

/** Starts the campus and the server before the first test; the function it returns ends both after the last. */
export default async function setup(): Promise<() => Promise<void>> {
  mkdirSync(artefacts, { recursive: true })
  const secret = join(place.state, 'admin-password')
  writeFileSync(secret, place.password, { mode: 0o600 })
  const configuration = join(place.state, 'vigie.toml')
  // Short periods: a failure shows within seconds, and a test waits for it.
  writeFileSync(configuration, '[polling]\ninterval_seconds = 5\ntimeout_ms = 800\n[discovery]\nrate_per_second = 60\n[limits]\nrequests_per_minute = 100000\n')

  const campus = start('lab', ['lab', '--listen', place.prefix, '--port', String(place.agents), '--devices', String(place.devices), '--control', place.control])
  const server = start('serve', ['serve', '--state-dir', join(place.state, 'data'), '--listen', `127.0.0.1:${place.port}`, '--config', configuration],
    { VIGIE_ADMIN_PASSWORD_FILE: secret })

  const teardown = async () => {
    await Promise.all([stop(server), stop(campus)])
    for (const name of ['serve.log', 'lab.log']) copyFileSync(join(place.state, name), join(artefacts, name))
    rmSync(place.state, { recursive: true, force: true })
  }
  try {
    await ready(server)
  } catch (error) {
    await teardown()
    throw error
  }
  return teardown
}
