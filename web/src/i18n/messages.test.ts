import { describe, expect, it } from 'vitest'

const files = import.meta.glob<string>('./*/*.json', { query: '?raw', import: 'default', eager: true })
const modules = import.meta.glob<string>(['../**/*.{vue,ts}', '!../**/*.test.ts'], { query: '?raw', import: 'default', eager: true })
type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, prefix = ''): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : Object.entries(flat(value, `${prefix}${key}.`))))
}
function load(locale: string): Record<string, string> {
  const mine = Object.entries(files).filter(([path]) => path.startsWith(`./${locale}/`))
  return Object.assign({}, ...mine.map(([path, text]) => flat(JSON.parse(text) as Tree, `${path.slice(5, -5)}.`))) as Record<string, string>
}

const en = load('en')
const fr = load('fr')
const code = Object.values(modules).join('\n')
const holders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

describe('both languages', () => {
  it('have the same keys', () => expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort()))

  it('have the same placeholders and as many plural forms', () => {
    for (const [key, text] of Object.entries(en)) {
      const other = fr[key] ?? ''
      expect([key, new Set(holders(other))]).toEqual([key, new Set(holders(text))])
      expect([key, other.split('|').length]).toEqual([key, text.split('|').length])
    }
  })

  it('leave no text empty', () => {
    for (const [key, text] of [...Object.entries(en), ...Object.entries(fr)]) expect([key, text.trim() !== '']).toEqual([key, true])
  })
})

it('French keeps high punctuation on its line and uses its own quotes', () => {
  for (const [key, text] of Object.entries(fr)) {
    expect([key, /[^\s\d:] [:;!?%]/.test(text)]).toEqual([key, false])
    expect([key, /« | »|["“”]/.test(text)]).toEqual([key, false])
  }
})

it('every literal key in the code has a text', () => {
  const spaces = new Set(Object.keys(en).map((key) => key.slice(0, key.indexOf('.'))))
  const found = [...code.matchAll(/\bt\(\s*'([\w.-]+)'/g), ...code.matchAll(/(?:label|hint|title): '(\w+\.[\w.-]+)'/g)].map((match) => match[1] ?? '')
  const used = new Set(found.filter((key) => spaces.has(key.slice(0, key.indexOf('.')))))
  expect(used.size).toBeGreaterThan(300)
  expect([...used].filter((key) => !(key in en))).toEqual([])
})
