import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { binary, place } from './place.ts'

const run = promisify(execFile)

/** Starts the binary in the background; what it says is kept in the state directory. */
export function start(name: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(join(place.state, `${name}.log`))
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  return child
}

/** Asks to stop, and waits; after ten seconds it is killed. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>(done => child.once('exit', () => done()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(late)
}

/** An order to the running campus: `lab('fail', 'sw-3', '--port', '7')`. */
export async function lab(...order: string[]): Promise<string> {
  const { stdout } = await run(binary, ['lab', ...order, '--control', place.control])
  return stdout
}

/** Waits until the server says it serves. */
export async function ready(server: ChildProcess, limitMs = 30_000): Promise<void> {
  const deadline = Date.now() + limitMs
  for (;;) {
    if (server.exitCode !== null) throw new Error(`vigie serve ended with status ${server.exitCode}: see ${place.state}/serve.log`)
    const status = await probe()
    if (status === 200) return
    if (Date.now() > deadline) throw new Error(`vigie serve does not answer /readyz (${status}): see ${place.state}/serve.log`)
    await pause(50)
  }
}

async function probe(): Promise<number> {
  const { request } = await import('node:https')
  return new Promise((done) => {
    const asked = request(`${place.url}/readyz`, { rejectUnauthorized: false, timeout: 2_000 }, (answer) => { answer.resume(); done(answer.statusCode ?? 0) })
    asked.on('error', () => done(0))
    asked.on('timeout', () => asked.destroy())
    asked.end()
  })
}
