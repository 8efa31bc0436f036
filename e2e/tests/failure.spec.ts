import { lab } from '../support/programs.ts'
import { rows } from '../support/steps.ts'
import { expect, keepPicture, settled, test } from '../support/test.ts'

/** The third switch, as the lab counts them; its port is cut at both ends. */
const SWITCH = 'sw-3'

test.afterEach(async () => { await lab('heal', 'all') })

test('a port that fails raises an alert before the eyes, and clears it when it heals', async ({ page, t, request }) => {
  test.setTimeout(180_000)
  await page.goto('/alerts')
  await expect(page.getByRole('heading', { level: 1, name: t('alerts.title') })).toBeVisible()
  const before = new Set((await rows(request, 'alerts?status=active&page_size=100')).map(alert => alert.id))

  await lab('fail', SWITCH, '--port', '7')
  await expect.poll(async () => (await rows(request, 'alerts?status=active&page_size=100')).filter(alert => !before.has(alert.id)).length, { timeout: 90_000, intervals: [500] }).toBeGreaterThan(0)
  const [raised] = (await rows(request, 'alerts?status=active&page_size=100')).filter(alert => !before.has(alert.id))
  const row = page.getByRole('button', { name: String(raised?.title) })
  await expect(row).toBeVisible()
  await row.click()
  await settled(page)
  await keepPicture(page, 'alert')

  await lab('heal', SWITCH, '--port', '7')
  await expect(row).toBeHidden({ timeout: 90_000 })
  await page.getByRole('tab', { name: t('alerts.tabs.history') }).click()
  await expect(page.getByRole('button', { name: String(raised?.title) }).first()).toBeVisible()
})

test('a device that falls silent is marked on the map, and comes back', async ({ page, t, request }) => {
  test.setTimeout(180_000)
  await page.goto('/map')
  // The loopback address of a silent device still answers ping: it is degraded rather than down.
  const troubled = async () => (await rows(request, 'devices?page_size=100')).filter(device => device.status !== 'up').length
  await expect(page.getByRole('application')).toBeVisible()
  await expect.poll(troubled, { timeout: 60_000, intervals: [500] }).toBe(0)
  await lab('fail', SWITCH)
  await expect.poll(troubled, { timeout: 90_000, intervals: [500] }).toBeGreaterThan(0)
  // The map hears of it by its channel: the list of what is in view tells of the trouble, then the brackets lead there.
  const stage = page.getByRole('application')
  const trouble = new RegExp(['degraded', 'down', 'unreachable'].map(word => t(`topology.status.${word}`)).join('|'))
  await expect(stage.getByRole('listitem').filter({ hasText: trouble })).not.toHaveCount(0, { timeout: 20_000 })
  await stage.focus()
  await page.keyboard.press(']')
  await expect(stage.locator('[aria-live="polite"]')).toContainText(trouble)
  await keepPicture(page, 'map-failure')
  await lab('heal', SWITCH)
  await expect.poll(troubled, { timeout: 90_000, intervals: [500] }).toBe(0)
})
