import { place } from '../support/place.ts'
import { rows, write } from '../support/steps.ts'
import { expect, expectAccessible, keepPicture, test } from '../support/test.ts'
import { pattern } from '../support/words.ts'

test('answers fall by a tag after what falls was shown, by keyboard', async ({ page, t, request }, info) => {
  await request.get('/api/v1/dashboards/network')
  await page.goto('/administration/cache')
  await expect(page.getByRole('cell', { name: 'dashboards.network' }).first()).toBeVisible()
  await page.getByRole('button', { name: t('cache.invalidate.act') }).press('Enter')
  const dialog = page.getByRole('dialog', { name: t('cache.invalidate.title') })
  await expect(dialog.getByRole('button', { name: t('cache.invalidate.act') })).toHaveAttribute('aria-disabled', 'true')
  await dialog.getByRole('checkbox', { name: 'sites' }).press('Space')
  await expect(dialog.getByRole('listitem').filter({ hasText: 'dashboards.network' })).toHaveText(pattern(t('cache.invalidate.falls').replace('{operation}', 'dashboards.network')))
  await expectAccessible(page)
  await keepPicture(page, `cache-invalidate-${info.project.name}`)
  await dialog.getByRole('button', { name: t('cache.invalidate.some', { tags: 'sites' }) }).press('Enter')
  await expect(page.getByText(t('cache.invalidate.done'), { exact: true })).toBeVisible()
  await expect(dialog).toBeHidden()
  const [entry] = await rows(request, 'audit?action=cache.invalidate&ordering=-at&page_size=1')
  expect(entry?.after).toEqual({ tags: ['sites'] })
})

test('who may only look is not offered to empty it', async ({ browser, t, request }, info) => {
  const name = `looker-${info.project.name}`
  const role = await write(request, 'POST', 'roles', { name, permissions: ['system:read'] })
  await write(request, 'POST', 'users', { username: name, password: place.password, roles: [role.name] })
  const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: place.url, storageState: { cookies: [], origins: [] } })
  const page = await context.newPage()
  await page.goto('/administration/cache')
  await page.getByLabel(t('identity.user.username')).fill(name)
  await page.getByLabel(t('identity.password.label'), { exact: true }).fill(place.password)
  await page.getByRole('button', { name: t('identity.signIn.act') }).click()
  await expect(page.getByRole('region', { name: t('cache.levels') })).toBeVisible()
  await expect(page.getByRole('button', { name: t('cache.invalidate.act') })).toHaveCount(0)
  await context.close()
})
