import { defineConfig } from '@playwright/test'

const url = process.env.VIGIE_URL ?? 'https://localhost:8000'
// The parts shared with the tests ask where the server is: this one runs already.
process.env.VIGIE_E2E_PLACE ??= JSON.stringify({ url })

/** Pictures of a running server for the documents: `scripts/pictures.sh`. */
export default defineConfig({
  testDir: 'pictures',
  outputDir: 'test-results',
  workers: 1,
  expect: { timeout: 30_000 },
  timeout: 120_000,
  reporter: [['list']],
  use: {
    baseURL: url,
    ignoreHTTPSErrors: true,
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] },
  },
})
