import { ref, shallowRef, type Ref } from 'vue'
import { applyPatch, type PatchOperation } from './jsonPatch'

/** A frame of the server (API.md §7). Patches are already applied: listeners see the whole, `dashboard_update` or `topology`. */
export interface LiveFrame {
  type: string
  id?: string
  channel?: string
  seq?: string
  base_seq?: string
  data?: unknown
  patch?: PatchOperation[]
  error?: { code: string; title: string; detail?: string }
  resumed?: boolean
  timestamp?: string
}

/** What a patch becomes once it is applied. */
const wholeOf: Record<string, string> = { dashboard_patch: 'dashboard_update', topology_patch: 'topology' }

export type LiveListener = (frames: LiveFrame[]) => void
/** `late`: connected, but nothing came for 15 s. `forbidden`: the server refuses the socket, no retry. */
export type LiveState = 'idle' | 'connecting' | 'live' | 'late' | 'offline' | 'forbidden'

interface Subscription {
  id: string
  channel: string
  params: Record<string, unknown>
  listeners: Set<LiveListener>
  seq: string | null
  /** Last full data, for patches. */
  snapshot: unknown
  asked: boolean
}

/** What the connection needs from its surroundings; tests pass their own. */
export interface LiveEnvironment {
  open: (url: string) => WebSocket
  now: () => number
  random: () => number
  /** Runs `flush` before the next picture. */
  frame: (flush: () => void) => void
  later: (run: () => void, ms: number) => number
  cancel: (timer: number) => void
}

const PING_EVERY = 10_000
const LATE_AFTER = 15_000
const RETRY_MIN = 500
const RETRY_MAX = 30_000
/** A hidden tab keeps its subscriptions this long. */
export const HIDDEN_FOR = 60_000

/** The one WebSocket of a tab: subscriptions with reference counts, resume, reconnect, one flush a picture. */
export class LiveConnection {
  readonly state: Ref<LiveState> = ref('idle')
  /** When the last frame came, by our clock; `null` before the first. */
  readonly lastFrameAt: Ref<number | null> = ref(null)
  /** When the next attempt is made while offline. */
  readonly retryAt: Ref<number | null> = ref(null)
  /** The server said that we are too slow; it sends differences now. */
  readonly catchingUp = ref(false)
  /** Last refusal of a subscription, for the panel that asked. */
  readonly refused = shallowRef<LiveFrame | null>(null)
  onSignedOut: () => void = () => undefined

  private socket: WebSocket | null = null
  private readonly byKey = new Map<string, Subscription>()
  private readonly byId = new Map<string, Subscription>()
  private queue: { subscription: Subscription; frame: LiveFrame }[] = []
  private flushing = false
  private attempts = 0
  private nextId = 1
  private retryTimer: number | null = null
  private pingTimer: number | null = null
  private delta = false
  private asleep = false

  constructor(private readonly env: LiveEnvironment, private readonly url: () => string) {}

  /** Listens to a channel; the same channel and params share one subscription. The answer ends it. */
  subscribe(channel: string, params: Record<string, unknown>, listener: LiveListener): () => void {
    const key = `${channel} ${JSON.stringify(params)}`
    const subscription = this.byKey.get(key) ?? this.create(key, channel, params)
    subscription.listeners.add(listener)
    this.connect()
    if (subscription.listeners.size > 1 && subscription.snapshot !== undefined) {
      const frame = { type: channel === 'topology' ? 'topology' : 'dashboard_update', channel, data: subscription.snapshot, seq: subscription.seq ?? undefined }
      this.env.frame(() => { if (subscription.listeners.has(listener)) listener([frame]) })
    }
    return () => this.release(key, subscription, listener)
  }

  /** Tries now instead of waiting for the next attempt. */
  retryNow(): void {
    if (this.retryTimer !== null) this.env.cancel(this.retryTimer)
    this.retryTimer = null
    if (this.state.value === 'forbidden') this.state.value = 'idle'
    this.connect()
  }

  /** Closes the socket but keeps what was subscribed; `wake` resumes it. */
  sleep(): void {
    this.asleep = true
    this.drop()
    this.state.value = 'idle'
  }

  wake(): void {
    if (!this.asleep) return
    this.asleep = false
    this.connect()
  }

  /** Ends everything (after sign-out). */
  stop(): void {
    this.drop()
    for (const subscription of this.byKey.values()) { subscription.seq = null; subscription.snapshot = undefined }
    this.state.value = 'idle'
    this.lastFrameAt.value = null
  }

  private create(key: string, channel: string, params: Record<string, unknown>): Subscription {
    const subscription: Subscription = {
      id: String(this.nextId++), channel, params, listeners: new Set(), seq: null, snapshot: undefined, asked: false,
    }
    this.byKey.set(key, subscription)
    this.byId.set(subscription.id, subscription)
    this.ask(subscription)
    return subscription
  }

  private release(key: string, subscription: Subscription, listener: LiveListener): void {
    subscription.listeners.delete(listener)
    if (subscription.listeners.size > 0 || this.byKey.get(key) !== subscription) return
    this.byKey.delete(key)
    this.byId.delete(subscription.id)
    this.send({ type: 'unsubscribe', id: subscription.id })
    if (this.byKey.size === 0) this.drop()
  }

  private connect(): void {
    if (this.socket || this.asleep || this.byKey.size === 0 || this.retryTimer !== null || this.state.value === 'forbidden') return
    this.state.value = 'connecting'
    this.retryAt.value = null
    const socket = this.env.open(this.url())
    this.socket = socket
    socket.onopen = () => this.opened(socket)
    socket.onmessage = (message) => { if (this.socket === socket) this.received(String(message.data)) }
    socket.onclose = (event) => { if (this.socket === socket) this.closed(event.code) }
  }

  private opened(socket: WebSocket): void {
    if (this.socket !== socket) return
    this.state.value = 'live'
    this.lastFrameAt.value = this.env.now()
    for (const subscription of this.byKey.values()) this.ask(subscription)
    this.schedulePing()
  }

  private ask(subscription: Subscription): void {
    if (this.socket?.readyState !== 1) return
    subscription.asked = subscription.seq !== null
    this.send({
      type: 'subscribe', id: subscription.id, channel: subscription.channel, params: subscription.params,
      ...(subscription.seq === null ? {} : { resume: subscription.seq }),
      ...(this.delta ? { delta: true } : {}),
    })
  }

  private send(frame: object): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame))
  }

  private schedulePing(): void {
    this.pingTimer = this.env.later(() => {
      const age = this.env.now() - (this.lastFrameAt.value ?? 0)
      this.state.value = age > LATE_AFTER ? 'late' : 'live'
      this.send({ type: 'ping' })
      this.schedulePing()
    }, PING_EVERY)
  }

  private received(text: string): void {
    this.lastFrameAt.value = this.env.now()
    this.attempts = 0
    if (this.state.value !== 'live') this.state.value = 'live'
    const frame = parse(text)
    const subscription = frame?.id === undefined ? undefined : this.byId.get(frame.id)
    if (!frame || !subscription) return
    const taken = this.take(subscription, frame)
    if (taken) this.enqueue(subscription, taken)
  }

  /** Keeps sequence and snapshot; answers the frame that listeners shall see. */
  private take(subscription: Subscription, frame: LiveFrame): LiveFrame | null {
    if (frame.type === 'subscribed') {
      // A resume that the server could not honour is a gap for whoever merges events.
      return subscription.asked && frame.resumed === false ? { ...frame, type: 'gap' } : null
    }
    if (frame.type === 'error') {
      this.refused.value = frame
      return frame
    }
    const whole = wholeOf[frame.type]
    if (whole) return this.patched(subscription, frame, whole)
    if (frame.seq !== undefined) subscription.seq = frame.seq
    if (frame.type === 'dashboard_update' || frame.type === 'topology') {
      subscription.snapshot = frame.data
      this.catchingUp.value = false
    }
    return frame.type === 'unsubscribed' ? null : frame
  }

  private patched(subscription: Subscription, frame: LiveFrame, type: string): LiveFrame | null {
    const steps = frame.patch ?? (frame.data as PatchOperation[])
    try {
      if (subscription.seq === null || frame.base_seq !== subscription.seq) throw new Error('another base')
      subscription.snapshot = applyPatch(subscription.snapshot, steps)
    } catch {
      // Ask for the whole again: nothing is guessed from a patch that does not fit.
      subscription.seq = null
      this.send({ type: 'unsubscribe', id: subscription.id })
      this.ask(subscription)
      return null
    }
    subscription.seq = frame.seq ?? null
    return { ...frame, type, data: subscription.snapshot }
  }

  private enqueue(subscription: Subscription, frame: LiveFrame): void {
    this.queue.push({ subscription, frame })
    if (this.flushing) return
    this.flushing = true
    this.env.frame(() => this.flush())
  }

  private flush(): void {
    const queue = this.queue
    this.queue = []
    this.flushing = false
    const batches = new Map<Subscription, LiveFrame[]>()
    for (const { subscription, frame } of queue) {
      const batch = batches.get(subscription)
      if (batch) batch.push(frame)
      else batches.set(subscription, [frame])
    }
    for (const [subscription, frames] of batches) for (const listener of [...subscription.listeners]) listener(frames)
  }

  private closed(code: number): void {
    this.forgetSocket()
    if (code === 4401) {
      this.state.value = 'idle'
      this.onSignedOut()
      return
    }
    if (code === 4403) {
      this.state.value = 'forbidden'
      return
    }
    if (code === 4408) {
      this.delta = true
      this.catchingUp.value = true
    }
    if (this.byKey.size > 0) this.scheduleRetry()
  }

  private scheduleRetry(): void {
    this.state.value = 'offline'
    const base = Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.attempts++)
    const wait = base / 2 + (base / 2) * this.env.random()
    this.retryAt.value = this.env.now() + wait
    this.retryTimer = this.env.later(() => {
      this.retryTimer = null
      this.connect()
    }, wait)
  }

  private drop(): void {
    const socket = this.socket
    this.forgetSocket()
    if (this.retryTimer !== null) this.env.cancel(this.retryTimer)
    this.retryTimer = null
    this.retryAt.value = null
    socket?.close(1000)
    if (socket) this.state.value = 'idle'
  }

  private forgetSocket(): void {
    this.socket = null
    if (this.pingTimer !== null) this.env.cancel(this.pingTimer)
    this.pingTimer = null
  }
}

function parse(text: string): LiveFrame | null {
  try {
    return JSON.parse(text) as LiveFrame
  } catch {
    return null
  }
}

// A hidden tab draws no pictures: frames are flushed by a timer there.
function beforeNextPicture(flush: () => void): void {
  if (document.hidden) window.setTimeout(flush, 250)
  else requestAnimationFrame(flush)
}

/** The connection of this tab. */
export const live = new LiveConnection(
  {
    open: (url) => new WebSocket(url),
    now: () => Date.now(),
    random: () => Math.random(),
    frame: beforeNextPicture,
    later: (run, ms) => window.setTimeout(run, ms),
    cancel: (timer) => window.clearTimeout(timer),
  },
  () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/ws`,
)
