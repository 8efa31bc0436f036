import { between, toMap, zoomedAt, type Camera, type Size } from './camera'

/** What pointer, wheel and touch do to the map. The view decides what a node is and what a click on it means. */
export interface MapInputHost {
  camera: () => Camera
  size: () => Size
  setCamera: (camera: Camera) => void
  /** The node under a point of the map that may be dragged; -1 when none or when places are fixed. */
  draggable: (x: number, y: number) => number
  dragTo: (node: number, x: number, y: number) => void
  dropped: (node: number) => void
  hover: (x: number, y: number) => void
  leave: () => void
  click: (x: number, y: number) => void
  doubleClick: (x: number, y: number) => void
}

const CLICK_SLOP = 4

export function mapInput(host: MapInputHost) {
  const pointers = new Map<number, { x: number, y: number }>()
  let moved = 0
  let node = -1
  let pinch = 0

  const local = (event: PointerEvent | WheelEvent | MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const onMap = (point: { x: number, y: number }) => toMap(host.camera(), host.size(), point.x, point.y)

  function onPointerdown(event: PointerEvent) {
    if (event.button !== 0) return
    const point = local(event)
    pointers.set(event.pointerId, point)
    moved = 0
    const at = onMap(point)
    node = pointers.size === 1 ? host.draggable(at.x, at.y) : -1
    pinch = pointers.size === 2 ? spread([...pointers.values()]) : 0
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
  }

  function onPointermove(event: PointerEvent) {
    const point = local(event)
    const last = pointers.get(event.pointerId)
    if (!last) {
      const at = onMap(point)
      host.hover(at.x, at.y)
      return
    }
    moved += Math.abs(point.x - last.x) + Math.abs(point.y - last.y)
    pointers.set(event.pointerId, point)
    if (pointers.size === 2) {
      const [p, q] = [...pointers.values()] as [typeof point, typeof point]
      const wide = spread([p, q])
      if (pinch > 0) host.setCamera(zoomedAt(panned(host.camera(), (point.x - last.x) / 2, (point.y - last.y) / 2), host.size(), (p.x + q.x) / 2, (p.y + q.y) / 2, wide / pinch))
      pinch = wide
    } else if (moved > CLICK_SLOP) {
      const at = onMap(point)
      if (node >= 0) host.dragTo(node, at.x, at.y)
      else host.setCamera(panned(host.camera(), point.x - last.x, point.y - last.y))
    }
  }

  function onPointerup(event: PointerEvent) {
    const point = local(event)
    const alone = pointers.size === 1
    if (!pointers.delete(event.pointerId)) return
    pinch = 0
    if (alone && node >= 0 && moved > CLICK_SLOP) host.dropped(node)
    else if (alone && moved <= CLICK_SLOP && event.type === 'pointerup') {
      const at = onMap(point)
      host.click(at.x, at.y)
    }
    node = -1
  }

  function onWheel(event: WheelEvent) {
    event.preventDefault()
    const point = local(event)
    const lines = event.deltaMode === 1 ? 16 : 1
    host.setCamera(zoomedAt(host.camera(), host.size(), point.x, point.y, Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016))))
  }

  function onDblclick(event: MouseEvent) {
    const at = onMap(local(event))
    host.doubleClick(at.x, at.y)
  }

  return { pointerdown: onPointerdown, pointermove: onPointermove, pointerup: onPointerup, pointercancel: onPointerup, pointerleave: host.leave, wheel: onWheel, dblclick: onDblclick }
}

function panned(camera: Camera, dx: number, dy: number): Camera {
  return { x: camera.x - dx / camera.k, y: camera.y - dy / camera.k, k: camera.k }
}

function spread([p, q]: { x: number, y: number }[]): number {
  return Math.max(1, Math.hypot(p!.x - q!.x, p!.y - q!.y))
}

/** Moves the camera in 160 ms, or at once when motion is reduced. Answers a function that stops it. */
export function fly(from: Camera, to: Camera, set: (camera: Camera) => void): () => void {
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
    set(to)
    return () => undefined
  }
  const start = performance.now()
  let frame = requestAnimationFrame(function step(now) {
    const t = Math.min(1, Math.max(0, (now - start) / 160))
    set(between(from, to, t))
    if (t < 1) frame = requestAnimationFrame(step)
  })
  return () => cancelAnimationFrame(frame)
}
