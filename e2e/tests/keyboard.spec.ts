import { place } from '../support/place.ts'
import { mapOf } from '../support/steps.ts'
import { expect, test } from '../support/test.ts'
import type { words } from '../support/words.ts'
import type { Page } from '@playwright/test'

/** Tabs until the element that has the focus is called so; a person gives up sooner than after 80 steps. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    if (await focused.count() !== 1) continue
    const called = await focused.evaluate((element: HTMLElement) => {
      const labels = 'labels' in element ? [...(element as HTMLInputElement).labels ?? []].map(label => label.textContent) : []
      return [element.getAttribute('aria-label'), ...labels, element.textContent].map(text => text?.trim().replace(/\s+/g, ' ') ?? '').filter(Boolean)
    })
    if (called.some(text => (typeof name === 'string' ? text === name || text.startsWith(`${name} `) : name.test(text)))) return
  }
  throw new Error(`the Tab key never reaches “${name}”`)
}

/** The sign-in page puts the focus where a person begins. */
async function signIn(page: Page, t: ReturnType<typeof words>): Promise<void> {
  await expect(page.getByLabel(t('identity.user.username'))).toBeFocused()
  await page.keyboard.type('admin')
  await page.keyboard.press('Tab')
  await page.keyboard.type(place.password)
  await page.keyboard.press('Enter')
}

/** The same way as the first light, with no mouse, in French. */
test.describe('by keyboard, in French', () => {
  test.use({ locale2: 'fr', storageState: { cookies: [], origins: [] } })

  test('from sign-in to a device on the map', async ({ page, t }) => {
    test.setTimeout(120_000)
    await page.goto('/map')
    await signIn(page, t)

    // What was wanted opens; the first Tab offers to skip the navigation.
    const stage = await mapOf(page, t, place.devices)
    await expect(page.locator('html')).toHaveAttribute('lang', 'fr')

    await stage.focus()
    await page.keyboard.press('ArrowDown')
    const said = stage.locator('[aria-live="polite"]')
    await expect(said).not.toBeEmpty()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('complementary', { name: t('topology.aria.panel') })).toBeVisible()
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/devices\/[0-9a-f-]{36}/)
    await expect(page.getByRole('tab', { name: t('devices.tab.summary') })).toBeVisible()
  })

  test('a discovery is written and started', async ({ page, t }) => {
    test.setTimeout(120_000)
    await page.goto('/discovery/new')
    await signIn(page, t)
    await expect(page.getByLabel(t('discovery.form.targets'))).toBeVisible()

    await tabTo(page, t('discovery.form.targets'))
    await page.keyboard.type(place.prefix)
    await tabTo(page, t('discovery.credentials.inline'))
    await page.keyboard.press('Enter')
    await tabTo(page, t('discovery.credentials.name'))
    await page.keyboard.type('Clavier')
    await tabTo(page, t('discovery.credentials.community'))
    await page.keyboard.type('public')
    await page.keyboard.press('Enter')
    await tabTo(page, t('discovery.form.name'))
    await page.keyboard.type('Au clavier')
    await tabTo(page, t('discovery.form.port'))
    await page.keyboard.press('Control+A')
    await page.keyboard.type(String(place.agents))
    await page.keyboard.press('Enter')

    await expect(page.getByRole('heading', { level: 1, name: 'Au clavier' })).toBeVisible()
    await expect(page.getByText(t('discovery.run.succeeded')).first()).toBeVisible({ timeout: 90_000 })
  })

  test('keys and palette lead everywhere', async ({ page, t }) => {
    await page.goto('/')
    await signIn(page, t)
    await expect(page.getByRole('heading', { level: 1, name: t('dashboards.overview.title') })).toBeVisible()

    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await expect(page).toHaveURL(/\/devices/)
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await expect(page).toHaveURL(/\/alerts/)
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: t('app.keys.title') })).toBeVisible()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+K')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.type('core-1')
    await expect(page.getByRole('option', { name: /core-1/ }).first()).toBeVisible()
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/devices\/[0-9a-f-]{36}/)
  })
})
