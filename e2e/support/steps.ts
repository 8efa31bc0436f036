import type { APIRequestContext, Page } from '@playwright/test'
import { place } from './place.ts'
import { expect } from './test.ts'
import { pattern, type words } from './words.ts'

type Words = ReturnType<typeof words>

/** Fills the page of a new discovery with the campus and a community, and starts it. */
export async function discoverCampus(page: Page, t: Words, name: string): Promise<void> {
  await page.getByLabel(t('discovery.form.targets')).fill(place.prefix)
  await page.getByRole('button', { name: t('discovery.credentials.inline') }).click()
  const credential = page.getByRole('group', { name: t('discovery.credentials.inline') })
  await credential.getByLabel(t('discovery.credentials.name'), { exact: true }).fill('Campus')
  await credential.getByLabel(t('discovery.credentials.community')).fill('public')
  await credential.getByRole('button', { name: t('discovery.credentials.take') }).click()
  await page.getByLabel(t('discovery.form.port')).fill(String(place.agents))
  await page.getByLabel(t('discovery.form.name')).fill(name)
  await page.getByRole('button', { name: t('discovery.act.start') }).click()
}

/** The map, once it shows this many devices; answers the stage that hears the keys. */
export async function mapOf(page: Page, t: Words, devices: number) {
  const stage = page.getByRole('application')
  await expect(stage).toHaveAttribute('aria-label', pattern(t('topology.aria.map', { nodes: devices })))
  await expect(page.locator('canvas').first()).toBeVisible()
  return stage
}

interface Row { id: string; name: string; [field: string]: unknown }

/** Rows of a list of the API, with the session of the browser. */
export async function rows(request: APIRequestContext, path: string): Promise<Row[]> {
  const answer = await request.get(`/api/v1/${path}`)
  expect(answer.status(), `GET ${path}`).toBe(200)
  return ((await answer.json()) as { results: Row[] }).results
}

/** A write by the API, as the person of the browser: what somebody else does meanwhile. */
export async function write(request: APIRequestContext, method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, ifMatch?: string): Promise<Row> {
  const me = (await (await request.get('/api/v1/auth/me')).json()) as { csrf_token: string }
  const answer = await request.fetch(`/api/v1/${path}`, {
    method,
    headers: {
      'X-CSRF-Token': me.csrf_token, 'Origin': place.url, ...(ifMatch ? { 'If-Match': ifMatch } : {}),
      'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    ...(body ? { data: JSON.stringify(body) } : {}),
  })
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
  return answer.status() === 204 ? { id: '', name: '' } : await answer.json() as Row
}
