import { defineConfig } from '@playwright/test'
import { place } from './support/place.ts'

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const desktop = { viewport: { width: 1440, height: 900 } }
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

/**
 * Every page is looked at in two languages, two themes and on two screens. At small size four of these eight, so that each language, each
 * theme and each screen is seen with each page; at full size all of them.
 */
const whole = process.env.VIGIE_PROOF_SIZE === 'full'
const leave = (combinations: RegExp) => (whole ? [] : [combinations])
/** A phone has neither. */
const mouse = /wheel, drag and keys zoom/

/** Real Chromium against the real binary with a simulated campus: one server, one campus, for all projects. */
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  globalSetup: './support/setup.ts',
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: place.url,
    ignoreHTTPSErrors: true, // the authority was made at the first start, minutes ago
    trace: 'retain-on-failure',
    launchOptions: { executablePath: chromium, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] },
    ...desktop,
  },
  projects: [
    // Signs in and discovers the campus as a person would; the others use what it found.
    { name: 'first', testMatch: 'first-light.spec.ts' },
    // Signs in by itself, and needs no campus.
    { name: 'docs', testMatch: 'docs.spec.ts' },
    { name: 'desktop', testIgnore: ['first-light.spec.ts', 'failure.spec.ts', 'acts.spec.ts', 'docs.spec.ts'], dependencies: ['first'], grepInvert: leave(/(en, light|fr, dark) .* is sound/), use: { storageState: place.session } },
    { name: 'phone', testMatch: ['pages.spec.ts', 'device.spec.ts', 'history.spec.ts'], dependencies: ['first'], grepInvert: [...leave(/(en, dark|fr, light) .* is sound/), mouse], use: { ...phone, storageState: place.session } },
    // Adds and removes devices: when nobody counts them.
    { name: 'acts', testMatch: 'acts.spec.ts', dependencies: ['desktop', 'phone'], use: { storageState: place.session } },
    // Breaks the campus: alone, when nobody else looks at it.
    { name: 'failure', testMatch: 'failure.spec.ts', dependencies: ['acts'], use: { storageState: place.session } },
  ],
})
