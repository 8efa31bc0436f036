// Holds `dist/` to its budget: sizes in kB (1000 bytes) after gzip -9, and nothing that a strict server would refuse.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const assets = readdirSync(join(dist, 'assets'))
const read = (file) => readFileSync(join(dist, 'assets', file))
const size = (file) => (file.endsWith('.woff2') ? read(file).length : gzipSync(read(file), { level: 9 }).length)
const sum = (files) => [...files].reduce((total, file) => total + size(file), 0)
const failures = []
const hold = (what, bytes, limit) => {
  const line = `${what}: ${(bytes / 1000).toFixed(1)} kB of ${limit}`
  console.log(line)
  if (bytes > limit * 1000) failures.push(line)
}

/** A chunk with all that it imports before it runs. */
function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  if (file.endsWith('.js')) for (const [, name] of read(file).toString().matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) closure(name, seen)
  return seen
}
const html = readFileSync(join(dist, 'index.html'), 'utf8')
const start = new Set([...html.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map((m) => m[1]))
for (const file of [...start]) closure(file, start)
const styles = (files) => assets.filter((a) => a.endsWith('.css') && [...files].some((f) => a.startsWith(f.replace(/-[^-]+\.js$/, '-'))))
const own = (page) => {
  const files = [...closure(page)].filter((file) => !start.has(file))
  return [...files, ...styles(files).filter((file) => !start.has(file))]
}

const pages = assets.filter((file) => /Page-[^/]*\.js$/.test(file))
const overview = pages.find((file) => file.startsWith('OverviewPage-'))
if (!overview) failures.push('no overview in dist')
else hold('first load with the overview', sum(new Set([...start, ...own(overview)])), 200)
for (const page of pages) hold(`own chunks of ${page.slice(0, page.indexOf('Page-') + 4)}`, sum(own(page)), 150)
hold('fonts of a first look', sum(assets.filter((file) => /sans-latin-wght|mono-latin-wght/.test(file))), 100)

for (const file of assets.filter((name) => /\.(js|css|map)$/.test(name))) {
  const text = read(file).toString()
  if (file.endsWith('.map') || text.includes('sourceMappingURL')) failures.push(`${file}: a source map`)
  if (/\beval\(|new Function\(/.test(text)) failures.push(`${file}: evaluates text as code`)
  for (const [url] of text.matchAll(/https?:\/\/[\w.-]+/g)) {
    // Names of namespaces and links in messages of libraries are not requests.
    if (!/^https?:\/\/(www\.w3\.org|localhost|(\w+\.)?vuejs\.org|vue-i18n\.intlify\.dev|reka-ui\.com|(www\.)?reka-ui\.com|a\b|x\b|here\b|github\.com|tools\.ietf\.org)/.test(url)) failures.push(`${file}: names ${url}`)
  }
}

if (failures.length) {
  console.error(`\nover budget:\n${failures.join('\n')}`)
  process.exit(1)
}
