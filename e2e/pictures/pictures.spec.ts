import { type APIRequestContext, type Page, test as base } from '@playwright/test'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { root } from '../support/place.ts'
import { rows } from '../support/steps.ts'
import { expect, settled } from '../support/test.ts'

/**
 * The pictures of the documents, from a server that runs already: one that has polled a campus for a while, with
 * something broken in it. `scripts/pictures.sh` says how.
 */
/** The range of the charts, as the address takes it; an hour unless given. */
const range = process.env.VIGIE_PICTURES_FROM ? `?from=${process.env.VIGIE_PICTURES_FROM}` : ''
const secret = process.env.VIGIE_ADMIN_PASSWORD_FILE ?? ''
const test = base.extend<{ theme: 'dark' | 'light' }>({
  theme: ['dark', { option: true }],
  page: async ({ page, theme, baseURL }, use) => {
    await page.addInitScript(([look]) => { localStorage.setItem('vigie.theme', look ?? 'dark'); localStorage.setItem('vigie.locale', 'en') }, [theme])
    const answer = await page.request.post('/api/v1/auth/login', { data: { username: 'admin', password: readFileSync(secret, 'utf8').trim() }, headers: { Origin: baseURL ?? '' } })
    expect(answer.status(), 'sign-in').toBe(200)
    await use(page)
  },
})

async function keep(page: Page, name: string): Promise<void> {
  await settled(page)
  await page.waitForLoadState('networkidle').catch(() => undefined) // the socket keeps some pages busy for ever
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(root, 'docs', 'images', `${name}.png`), animations: 'disabled' })
}

/** The device with the most trouble: what a reader should see is how trouble looks. */
async function troubled(request: APIRequestContext) {
  const found = await rows(request, 'devices?status=degraded&role=distribution&page_size=1&ordering=name')
  const [device] = found.length ? found : await rows(request, 'devices?role=distribution&page_size=1&ordering=name')
  if (!device) throw new Error('no device to show: discover the campus first')
  return device
}

test('overview', async ({ page }) => {
  await page.goto(`/${range}`)
  await expect(page.getByRole('img', { name: /^Traffic\./ })).toBeVisible()
  await keep(page, 'overview')
})

test('device and port', async ({ page }) => {
  const device = await troubled(page.request)
  await page.goto(`/devices/${device.id}${range}`)
  await expect(page.getByRole('img', { name: /^(Uplink t|T)raffic\./ })).toBeVisible()
  await keep(page, 'device')
  const ports = await rows(page.request, `devices/${device.id}/interfaces?oper_status=up&page_size=100`)
  const port = ports.find(entry => (entry.peer as { device_id?: string } | null)?.device_id)
  if (!port) throw new Error(`no port of ${device.name} has a neighbour`)
  await page.goto(`/devices/${device.id}/ports/${port.id}${range}`)
  await expect(page.getByRole('img', { name: /^Traffic\./ })).toBeVisible()
  await keep(page, 'port')
})

test('alerts', async ({ page }) => {
  const [alert] = await rows(page.request, 'alerts?status=active&ordering=-raised_at&page_size=1')
  await page.goto(alert ? `/alerts?id=${alert.id}` : '/alerts')
  await expect(page.getByRole('heading', { level: 1, name: 'Alerts' })).toBeVisible()
  await keep(page, 'alerts')
})

test('discovery', async ({ page }) => {
  const [discovery] = await rows(page.request, 'discoveries?page_size=1&ordering=-created_at')
  await page.goto(discovery ? `/discovery/${discovery.id}` : '/discovery')
  await expect(page.getByRole('table')).toBeVisible()
  await keep(page, 'discovery')
})

test.describe('in the light, on a wide screen', () => {
  test.use({ theme: 'light', viewport: { width: 1920, height: 1080 } })
  test('map', async ({ page }) => {
    const device = await troubled(page.request)
    await page.goto(`/map?sel=node:${device.id}&at=`)
    await expect(page.getByRole('complementary', { name: 'Selection' })).toBeVisible()
    await expect(page.getByRole('group', { name: 'The last day' })).toBeVisible()
    await page.getByRole('button', { name: 'Show everything' }).click()
    await keep(page, 'map')
  })
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 })
  test('overview of a phone', async ({ page }) => {
    await page.goto('/')
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await keep(page, 'phone')
  })
})
