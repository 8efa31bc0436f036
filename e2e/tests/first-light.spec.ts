import { place } from '../support/place.ts'
import { discoverCampus, mapOf, rows } from '../support/steps.ts'
import { expect, expectAccessible, forgive, keepPicture, settled, test } from '../support/test.ts'
import { pattern } from '../support/words.ts'

/** What a person does first: sign in, find the network, look at it. By mouse, in English. */
test('from sign-in to the map of the campus, by mouse', async ({ page, t, faults }) => {
  test.setTimeout(180_000)
  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-in/)
  await expectAccessible(page)
  await keepPicture(page, 'sign-in')

  await page.getByLabel(t('identity.user.username')).fill('admin')
  await page.getByLabel(t('identity.password.label'), { exact: true }).fill('not this one')
  await page.getByRole('button', { name: t('identity.signIn.act') }).click()
  await expect(page.getByRole('alert')).toContainText(t('identity.signIn.wrong'))
  forgive(faults, /auth\/login/) // the browser logs every 401

  await page.getByLabel(t('identity.password.label'), { exact: true }).fill(place.password)
  await page.getByRole('button', { name: t('identity.signIn.act') }).click()
  await expect(page.getByRole('heading', { level: 1, name: t('dashboards.overview.title') })).toBeVisible()
  await expect(page.getByText(t('dashboards.overview.noDevice'))).toBeVisible()
  await settled(page)
  // The networks of the host are offered as the server tells them, and nothing has begun by itself.
  const told = (await (await page.request.get('/api/v1/discoveries/suggestions')).json()) as { results: { target: string }[] }
  for (const { target } of told.results) await expect(page.getByRole('link', { name: t('discovery.host.use', { target }) })).toBeVisible()
  await expectAccessible(page)
  await keepPicture(page, 'empty-overview')
  expect(await rows(page.request, 'discoveries')).toEqual([])
  const [first] = told.results
  if (first) {
    await page.getByRole('link', { name: t('discovery.host.use', first) }).click()
    await expect(page.getByLabel(t('discovery.form.targets'))).toHaveValue(first.target)
    await expect(page.getByRole('region', { name: t('discovery.host.title') })).toContainText(t('discovery.host.taken'))
    await page.getByLabel(t('discovery.form.targets')).fill('')
    await page.getByRole('button', { name: t('discovery.host.add', first) }).click()
    await expect(page.getByLabel(t('discovery.form.targets'))).toHaveValue(first.target)
  }

  await page.getByRole('navigation', { name: t('app.nav.label') }).getByRole('link', { name: t('app.nav.place.discovery') }).click()
  await page.getByRole('link', { name: t('discovery.new') }).first().click()
  await discoverCampus(page, t, 'Campus')

  // Progress moves by itself: the page is never reloaded.
  const bar = page.getByRole('progressbar')
  await expect(bar).toBeVisible()
  const seen = new Set<string>()
  await expect(async () => {
    seen.add(await bar.getAttribute('aria-valuenow') ?? '')
    expect(seen).toContain('100')
  }).toPass({ intervals: [50], timeout: 120_000 })
  expect(seen.size, `values of the progress bar: ${[...seen].join(', ')}`).toBeGreaterThan(2)
  await expect(page.getByText(t('discovery.run.succeeded')).first()).toBeVisible({ timeout: 60_000 })
  await page.getByRole('radio', { name: new RegExp(`^${t('discovery.result.new')} ${place.devices}`) }).click()
  await expect(page.getByRole('table')).toContainText('core-1')
  await settled(page)
  await expectAccessible(page)
  await keepPicture(page, 'discovery')

  await page.getByRole('link', { name: t('discovery.act.map') }).click()
  const stage = await mapOf(page, t, place.devices)
  await settled(page)
  await keepPicture(page, 'map')

  // A click on a device opens its panel.
  await page.getByRole('button', { name: t('topology.act.find') }).click()
  await page.getByRole('combobox', { name: t('topology.find.label') }).fill('core')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('complementary', { name: t('topology.aria.panel') })).toBeVisible()
  await expect(stage).toHaveAttribute('aria-label', pattern(t('topology.aria.map')))
  await page.context().storageState({ path: place.session })
})
