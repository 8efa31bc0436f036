import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where this run lives: decided once by the first process, inherited by the workers. */
interface Place {
  url: string
  port: number
  /** Prefix of the campus, loopback; derived from the process so that two runs do not meet. */
  prefix: string
  agents: number
  devices: number
  state: string
  password: string
  /** Where the session of the first sign-in is kept. */
  session: string
  control: string
}

const key = 'VIGIE_E2E_PLACE'
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const binary = process.env.VIGIE_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', 'vigie')
export const artefacts = join(root, 'e2e', 'artefacts')

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(done => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as { port: number }
  await new Promise(done => probe.close(done))
  return port
}

async function choose(): Promise<Place> {
  const port = await freePort()
  const state = mkdtempSync(join(tmpdir(), 'vigie-e2e-'))
  return {
    url: `https://localhost:${port}`, port, prefix: `127.${130 + (process.pid % 100)}.${process.pid % 250}.0/24`, agents: 1161, devices: 30, state,
    password: 'a lookout for tests', session: join(state, 'session.json'), control: join(state, 'lab.sock'),
  }
}

const inherited = process.env[key]
export const place: Place = inherited ? JSON.parse(inherited) as Place : await choose()
process.env[key] = JSON.stringify(place)
