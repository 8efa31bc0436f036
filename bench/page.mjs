// A browser that signs in, opens the overview and stays there until it is told to stop: page.mjs URL USER PASSWORD.
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../e2e/package.json', import.meta.url))('@playwright/test')
const [url, user, password] = process.argv.slice(2)

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: process.getuid() === 0 ? ['--no-sandbox'] : [] })
process.on('SIGTERM', () => void browser.close().then(() => process.exit(0)))
const page = await browser.newPage({ ignoreHTTPSErrors: true })
await page.goto(url)
await page.locator('input[autocomplete="username"]').fill(user)
await page.locator('input[autocomplete="current-password"]').fill(password)
await page.keyboard.press('Enter')
await page.locator('nav').first().waitFor()
console.log('open')
