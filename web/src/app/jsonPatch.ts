/** One operation of RFC 6902. */
export interface PatchOperation { op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'; path: string; from?: string; value?: unknown }

type Box = Record<string, unknown> | unknown[]

const decode = (pointer: string) => pointer.split('/').slice(1).map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'))

function read(document: unknown, path: string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (at === null || typeof at !== 'object' || !(key in at)) throw new Error(`no value at ${key}`)
    return (at as Record<string, unknown>)[key]
  }, document)
}

// Copies only the boxes on the way, so that what did not change keeps its identity.
function edit(document: unknown, path: string[], change: (box: Box, key: string) => void): unknown {
  if (document === null || typeof document !== 'object') throw new Error('path leads through a value')
  const copy: Box = Array.isArray(document) ? [...document] : { ...(document as Record<string, unknown>) }
  const [key = '', ...rest] = path
  if (rest.length === 0) change(copy, key)
  else if (!(key in copy)) throw new Error(`no value at ${key}`)
  else (copy as Record<string, unknown>)[key] = edit((copy as Record<string, unknown>)[key], rest, change)
  return copy
}

function add(document: unknown, path: string[], value: unknown): unknown {
  if (path.length === 0) return value
  return edit(document, path, (box, key) => {
    if (Array.isArray(box)) box.splice(key === '-' ? box.length : Number(key), 0, value)
    else box[key] = value
  })
}

function remove(document: unknown, path: string[]): unknown {
  return edit(document, path, (box, key) => {
    if (!(key in box)) throw new Error(`no value at ${key}`)
    if (Array.isArray(box)) box.splice(Number(key), 1)
    else Reflect.deleteProperty(box, key)
  })
}

function replace(document: unknown, path: string[], value: unknown): unknown {
  if (path.length === 0) return value
  return edit(document, path, (box, key) => {
    if (!(key in box)) throw new Error(`no value at ${key}`)
    ;(box as Record<string, unknown>)[key] = value
  })
}

function applyOne(document: unknown, step: PatchOperation): unknown {
  const path = decode(step.path)
  switch (step.op) {
    case 'add': return add(document, path, step.value)
    case 'replace': return replace(document, path, step.value)
    case 'remove': return remove(document, path)
    case 'copy': return add(document, path, read(document, decode(step.from ?? '')))
    case 'move': {
      const from = decode(step.from ?? '')
      return add(remove(document, from), path, read(document, from))
    }
    case 'test':
      if (JSON.stringify(read(document, path)) !== JSON.stringify(step.value)) throw new Error(`test failed at ${step.path}`)
      return document
  }
}

/** Applies a JSON Patch (RFC 6902) without touching `document`; throws when it does not fit. */
export function applyPatch<T>(document: T, operations: PatchOperation[]): T {
  return operations.reduce<unknown>(applyOne, document) as T
}
