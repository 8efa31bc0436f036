import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { join } from 'node:path'
import { artefacts, place } from './place.ts'
import { type Locale, words } from './words.ts'

interface Options { locale2: Locale }
interface Fixtures {
  /** The messages of the language under test. */
  t: ReturnType<typeof words>
  /** What went wrong unseen: errors of the console and of the page, requests to other origins. */
  faults: string[]
}

/** Every page under test is watched: a fault nobody looked for fails the test all the same. */
export const test = base.extend<Options & Fixtures>({
  locale2: ['en', { option: true }],
  t: async ({ locale2 }, use) => { await use(words(locale2)) },
  faults: [async ({ context, locale2 }, use) => {
    const faults: string[] = []
    await context.addInitScript((language) => { if (location.protocol === 'https:') localStorage.setItem('vigie.locale', language) }, locale2)
    context.on('page', page => watch(page, faults))
    await use(faults)
    expect(faults, 'faults of the console, the page, or requests to another origin').toEqual([])
  }, { auto: true }],
})

function watch(page: Page, faults: string[]): void {
  const own = new URL(place.url)
  page.on('console', (message) => {
    const { url } = message.location()
    // Whether somebody is signed in is asked once at the start; the browser itself logs the 401 that says no.
    if (message.type() !== 'error' || (url.endsWith('/api/v1/auth/me') && message.text().includes('401'))) return
    faults.push(`console: ${message.text()} (${url})`)
  })
  page.on('pageerror', error => faults.push(`page: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^(https?|wss?):$/.test(url.protocol) && url.host !== own.host) faults.push(`foreign request: ${request.url()}`)
  })
  page.on('websocket', (socket) => { if (new URL(socket.url()).host !== own.host) faults.push(`foreign socket: ${socket.url()}`) })
}

/** A fault that a test provokes is taken off the list. */
export function forgive(faults: string[], what: RegExp): void {
  for (let at = faults.length - 1; at >= 0; at--) if (what.test(faults[at] ?? '')) faults.splice(at, 1)
}

/** No serious or critical finding of axe, by the rules of WCAG 2.2 A and AA. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(node => node.target.join(' ')).join(' · ')}`)
  expect(found).toEqual([])
}

/** Keeps a picture under e2e/artefacts. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(artefacts, `${name}.png`), animations: 'disabled' })
}

/** Nothing is still on its way: pictures are taken of a page at rest. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
}

export { expect }
