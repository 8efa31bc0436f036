import type { Locator, Page } from '@playwright/test'
import { place } from '../support/place.ts'
import { expect, test } from '../support/test.ts'

const signIn = { username: 'admin', password: place.password }

/** Opens an operation of Swagger UI at its address; answers its block. */
async function open(page: Page, tag: string, operation: string): Promise<Locator> {
  await page.goto(`/api/views/docs/#/${tag}/${operation}`)
  const block = page.locator(`#operations-${tag}-${operation}`)
  await expect(block.getByRole('button', { name: 'Execute' })).toBeVisible({ timeout: 60_000 })
  return block
}

/** Tries the operation; answers the status that the server gave. */
async function execute(block: Locator): Promise<Locator> {
  await block.getByRole('button', { name: 'Execute' }).click()
  return block.locator('.live-responses-table tbody .response-col_status').first()
}

test.describe('the documents try what they describe', () => {
  test.setTimeout(240_000) // so large a document is slow to draw where the machine is busy

  test('with the session of the page, which sends its CSRF token', async ({ page }) => {
    expect((await page.request.post('/api/v1/auth/login', { data: signIn })).status()).toBe(200)
    const create = await open(page, 'devices', 'create_tag')
    await create.locator('textarea.body-param__text').fill('{"name": "tried in the documents"}')
    await expect(await execute(create)).toContainText('201')
    await expect(create.locator('.live-responses-table')).toContainText('tried in the documents')
  })

  test('with a pasted key', async ({ page, playwright }) => {
    const admin = await playwright.request.newContext({ baseURL: place.url, ignoreHTTPSErrors: true })
    const { access_token: token } = await (await admin.post('/api/v1/auth/token', { data: signIn })).json() as { access_token: string }
    const made = await admin.post('/api/v1/api-keys', { headers: { Authorization: `Bearer ${token}` }, data: { name: 'pasted', permissions: ['devices:read'] } })
    const { key } = await made.json() as { key: string }

    const me = await open(page, 'auth', 'get_me')
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    const dialog = page.locator('.modal-ux')
    await dialog.locator('#auth-bearer-value').fill(key)
    await dialog.getByRole('button', { name: 'Apply credentials' }).first().click()
    await dialog.locator('.auth-btn-wrapper').first().getByRole('button', { name: 'Close' }).click()
    await expect(await execute(me)).toContainText('200')
    await expect(me.locator('.live-responses-table')).toContainText('api_key')
    await admin.dispose()
  })
})
