import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveConnection, type LiveEnvironment, type LiveFrame } from './live'

class FakeSocket {
  readyState = 0
  sent: Record<string, unknown>[] = []
  closedWith: number | undefined
  onopen: (() => void) | null = null
  onmessage: ((m: { data: string }) => void) | null = null
  onclose: ((e: { code: number }) => void) | null = null
  send(text: string) { this.sent.push(JSON.parse(text) as Record<string, unknown>) }
  close(code: number) { this.closedWith = code; this.readyState = 3 }
  open() { this.readyState = 1; this.onopen?.() }
  say(frame: LiveFrame) { this.onmessage?.({ data: JSON.stringify(frame) }) }
  lose(code = 1006) { this.readyState = 3; this.onclose?.({ code }) }
  of(type: string) { return this.sent.filter((f) => f.type === type) }
}

let sockets: FakeSocket[]
let frames: (() => void)[]
let timers: { id: number; run: () => void; ms: number }[]
let clock: number
let connection: LiveConnection

const socket = () => sockets.at(-1) as FakeSocket
const picture = () => { const now = frames; frames = []; now.forEach((f) => f()) }
const elapse = (id = timers.at(-1)?.id) => { const timer = timers.find((t) => t.id === id); timers = timers.filter((t) => t !== timer); clock += timer?.ms ?? 0; timer?.run() }

beforeEach(() => {
  sockets = []
  frames = []
  timers = []
  clock = 1_000_000
  let next = 1
  const env: LiveEnvironment = {
    open: () => { const made = new FakeSocket(); sockets.push(made); return made as unknown as WebSocket },
    now: () => clock,
    random: () => 1,
    frame: (flush) => frames.push(flush),
    later: (run, ms) => { timers.push({ id: next, run, ms }); return next++ },
    cancel: (id) => { timers = timers.filter((t) => t.id !== id) },
  }
  connection = new LiveConnection(env, () => 'wss://here/api/v1/ws')
})

const update = (id: string, seq: string, data: unknown): LiveFrame => ({ type: 'dashboard_update', id, channel: 'dashboards.network', seq, data })

describe('subscriptions', () => {
  it('opens one socket and one subscription for any number of listeners', () => {
    const [a, b] = [vi.fn(), vi.fn()]
    const stopA = connection.subscribe('events', {}, a)
    const stopB = connection.subscribe('events', {}, b)
    socket().open()
    expect(sockets).toHaveLength(1)
    expect(socket().of('subscribe')).toEqual([{ type: 'subscribe', id: '1', channel: 'events', params: {} }])
    stopA()
    expect(socket().of('unsubscribe')).toHaveLength(0)
    stopB()
    expect(socket().of('unsubscribe')).toEqual([{ type: 'unsubscribe', id: '1' }])
    expect(socket().closedWith).toBe(1000)
    expect(connection.state.value).toBe('idle')
  })

  it('subscribes apart for other params', () => {
    connection.subscribe('logs', { q: 'a' }, vi.fn())
    connection.subscribe('logs', { q: 'b' }, vi.fn())
    socket().open()
    expect(socket().of('subscribe').map((f) => f.params)).toEqual([{ q: 'a' }, { q: 'b' }])
  })

  it('hands a late listener the snapshot that is there', () => {
    connection.subscribe('dashboards.network', {}, vi.fn())
    socket().open()
    socket().say(update('1', '5', { up: 3 }))
    picture()
    const late = vi.fn()
    connection.subscribe('dashboards.network', {}, late)
    picture()
    expect(late.mock.calls[0]?.[0]).toMatchObject([{ type: 'dashboard_update', data: { up: 3 } }])
  })
})

describe('frames', () => {
  it('flushes a thousand frames once a picture', () => {
    const listener = vi.fn()
    connection.subscribe('events', {}, listener)
    socket().open()
    for (let i = 0; i < 1000; i++) socket().say({ type: 'event', id: '1', seq: String(i), data: { id: i } })
    expect(listener).not.toHaveBeenCalled()
    expect(frames).toHaveLength(1)
    picture()
    expect(listener).toHaveBeenCalledTimes(1)
    expect(listener.mock.calls[0]?.[0]).toHaveLength(1000)
  })

  it('applies a patch whose base fits', () => {
    const listener = vi.fn()
    connection.subscribe('dashboards.network', {}, listener)
    socket().open()
    socket().say(update('1', '5', { up: 3, sites: [{ down: 0 }] }))
    socket().say({ type: 'dashboard_patch', id: '1', base_seq: '5', seq: '6', data: [{ op: 'replace', path: '/sites/0/down', value: 2 }] })
    picture()
    expect((listener.mock.calls[0]?.[0] as LiveFrame[]).at(-1)).toMatchObject({ type: 'dashboard_update', seq: '6', data: { up: 3, sites: [{ down: 2 }] } })
  })

  it('keeps the map whole the same way', () => {
    const listener = vi.fn()
    connection.subscribe('topology', {}, listener)
    socket().open()
    socket().say({ type: 'topology', id: '1', channel: 'topology', seq: 'a', data: { nodes: [{ id: 'n', status: 'up' }], links: [] } })
    socket().say({ type: 'topology_patch', id: '1', base_seq: 'a', seq: 'b', data: [{ op: 'replace', path: '/nodes/0/status', value: 'down' }] })
    picture()
    expect((listener.mock.calls[0]?.[0] as LiveFrame[]).at(-1)).toMatchObject({ type: 'topology', seq: 'b', data: { nodes: [{ id: 'n', status: 'down' }] } })
  })

  it('asks for the whole when a patch has another base', () => {
    const listener = vi.fn()
    connection.subscribe('dashboards.network', {}, listener)
    socket().open()
    socket().say(update('1', '5', { up: 3 }))
    socket().say({ type: 'dashboard_patch', id: '1', base_seq: '4', seq: '6', data: [{ op: 'replace', path: '/up', value: 9 }] })
    picture()
    expect((listener.mock.calls[0]?.[0] as LiveFrame[]).map((f) => f.data)).toEqual([{ up: 3 }])
    expect(socket().of('unsubscribe')).toHaveLength(1)
    expect(socket().of('subscribe').at(-1)).not.toHaveProperty('resume')
  })

  it('does not fall over what it cannot read', () => {
    connection.subscribe('events', {}, vi.fn())
    socket().open()
    socket().onmessage?.({ data: '{' })
    socket().say({ type: 'event', id: '99' })
    expect(connection.state.value).toBe('live')
  })
})

describe('reconnection', () => {
  it('waits twice as long each time, up to 30 s', () => {
    connection.subscribe('events', {}, vi.fn())
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      socket().lose()
      expect(connection.state.value).toBe('offline')
      waits.push(timers.at(-1)?.ms ?? 0)
      elapse()
    }
    expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000])
    expect(waits.at(-1)).toBe(30_000)
  })

  it('resumes after the last sequence and tells of a gap when the server could not', () => {
    const listener = vi.fn()
    connection.subscribe('events', {}, listener)
    socket().open()
    socket().say({ type: 'event', id: '1', seq: '41', data: {} })
    picture()
    socket().lose()
    elapse()
    socket().open()
    expect(socket().of('subscribe')).toEqual([{ type: 'subscribe', id: '1', channel: 'events', params: {}, resume: '41' }])
    socket().say({ type: 'subscribed', id: '1', resumed: false })
    picture()
    expect(listener.mock.calls.at(-1)?.[0]).toMatchObject([{ type: 'gap' }])
  })

  it('tries at once when asked', () => {
    connection.subscribe('events', {}, vi.fn())
    socket().lose()
    connection.retryNow()
    expect(sockets).toHaveLength(2)
    expect(connection.retryAt.value).toBeNull()
  })

  it('signs in again on 4401 and stays closed on 4403', () => {
    connection.onSignedOut = vi.fn()
    connection.subscribe('events', {}, vi.fn())
    socket().lose(4401)
    expect(connection.onSignedOut).toHaveBeenCalledOnce()
    expect(timers).toHaveLength(0)
    connection.retryNow()
    socket().lose(4403)
    expect(connection.state.value).toBe('forbidden')
    expect(timers).toHaveLength(0)
  })

  it('asks for differences after 4408 and says that it catches up', () => {
    connection.subscribe('dashboards.network', {}, vi.fn())
    socket().open()
    socket().lose(4408)
    expect(connection.catchingUp.value).toBe(true)
    elapse()
    socket().open()
    expect(socket().of('subscribe')[0]).toMatchObject({ delta: true })
    socket().say(update('1', '9', {}))
    expect(connection.catchingUp.value).toBe(false)
  })

  it('sleeps with a hidden tab and wakes with what was subscribed', () => {
    connection.subscribe('events', {}, vi.fn())
    socket().open()
    connection.sleep()
    expect(socket().closedWith).toBe(1000)
    connection.wake()
    socket().open()
    expect(sockets).toHaveLength(2)
    expect(socket().of('subscribe')).toHaveLength(1)
  })
})

it('is late when nothing comes, and live again with the next frame', () => {
  connection.subscribe('events', {}, vi.fn())
  socket().open()
  elapse()
  expect(connection.state.value).toBe('live')
  elapse()
  expect(connection.state.value).toBe('late')
  expect(socket().of('ping')).toHaveLength(2)
  socket().say({ type: 'pong' })
  expect(connection.state.value).toBe('live')
})
