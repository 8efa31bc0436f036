import { mapOf, rows, write } from '../support/steps.ts'
import { place } from '../support/place.ts'
import { expect, expectAccessible, forgive, test } from '../support/test.ts'
import { pattern } from '../support/words.ts'

/** An address of the campus that no device has. */
const beside = (last: number) => place.prefix.replace('.0/24', `.${last}`)

test('a view of the list is kept, opened again and deleted', async ({ page, t }) => {
  await page.goto('/devices?role=core')
  const views = page.getByRole('navigation', { name: t('app.views.label') })
  await views.getByRole('button', { name: t('app.views.save') }).click()
  await page.getByLabel(t('app.views.name')).fill('Cores')
  await page.getByRole('button', { name: t('app.views.keep') }).click()
  await expect(views.getByRole('link', { name: 'Cores' })).toHaveAttribute('aria-current', 'page')

  await views.getByRole('link', { name: t('devices.view.all') }).click()
  await expect(page).not.toHaveURL(/role=/)
  await page.reload()
  await views.getByRole('link', { name: 'Cores' }).click()
  await expect(page).toHaveURL(/role=core/)
  await views.getByRole('button', { name: t('app.views.remove', { name: 'Cores' }) }).click()
  await expect(views.getByRole('link', { name: 'Cores' })).toBeHidden()
})

test('a row offers its acts to the keyboard', async ({ page, t }) => {
  await page.goto('/devices')
  await expect(page.getByRole('row').nth(1)).toBeVisible()
  await page.keyboard.press('j')
  await expect(page.locator('[role="row"]:focus')).toHaveCount(1)
  await page.keyboard.press('.')
  await expect(page.getByRole('menuitem', { name: t('devices.act.poll') })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.locator('[role="row"]:focus')).toHaveCount(1)
  await page.keyboard.press('x')
  await expect(page.getByRole('region', { name: t('devices.bulk.title') })).toContainText(t('devices.bulk.chosen', { n: 1 }).split(' | ')[0] ?? '')
})

test('two people change one device: both versions are shown and merged', async ({ page, t, request, faults }) => {
  const made = await write(request, 'POST', 'devices', { name: 'merge-me', address: beside(201), notes: 'before' })
  await page.goto(`/devices/${made.id}`)
  await page.getByRole('button', { name: t('devices.act.more') }).click()
  await page.getByRole('menuitem', { name: t('devices.act.edit') }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel(t('devices.field.notes')).fill('mine')
  await form.getByLabel(t('devices.field.tags')).fill('kept')
  await write(request, 'PATCH', `devices/${made.id}`, { notes: 'theirs' }, `"${Number(made.version)}"`)
  await form.getByRole('button', { name: t('devices.save') }).click()

  const merge = page.getByRole('dialog', { name: t('devices.merge.title', { name: 'merge-me' }) })
  await expect(merge.getByRole('cell', { name: 'theirs', exact: true })).toBeVisible()
  await expectAccessible(page)
  await merge.getByRole('button', { name: t('devices.merge.act') }).click()
  await expect(merge).toBeHidden()
  const [device] = await rows(request, `devices?primary_ip=${beside(201)}`)
  expect([device?.notes, device?.tags]).toEqual(['mine', ['kept']])
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // The refusal that began it is logged by the browser itself.
  forgive(faults, /412/)
  await write(request, 'DELETE', `devices/${made.id}`, undefined, `"${Number(device?.version)}"`)
})

test('a removed device says who removed it', async ({ page, t, request, faults }) => {
  const made = await write(request, 'POST', 'devices', { name: 'short-lived', address: beside(202) })
  await write(request, 'DELETE', `devices/${made.id}`, undefined, `"${Number(made.version)}"`)
  await page.goto(`/devices/${made.id}`)
  await expect(page.getByText(pattern(t('devices.gone.by', { name: 'short-lived', who: 'admin' })))).toBeVisible()
  forgive(faults, /404/)
})

test('the map goes back before its last change, and forth', async ({ page, t }) => {
  await page.goto('/map')
  await mapOf(page, t, place.devices)
  const past = page.getByRole('group', { name: t('topology.past.label') })
  await past.getByRole('button', { name: t('topology.past.previous') }).click()
  await expect(page.getByText(pattern(t('topology.past.banner')))).toBeVisible()
  await expect(page).toHaveURL(/when=/)
  await expectAccessible(page)
  await page.getByRole('button', { name: t('topology.past.back') }).click()
  await expect(page.getByText(pattern(t('topology.past.banner')))).toBeHidden()
})

test('the map is exported by the server', async ({ page, t }) => {
  await page.goto('/map')
  await mapOf(page, t, place.devices)
  await page.getByRole('button', { name: t('topology.act.export') }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: t('topology.export.graphml') }).click()
  expect((await download).suggestedFilename()).toBe('vigie-map.graphml')
})

test('the overview looks at another stretch of time', async ({ page, t }) => {
  await page.goto('/')
  await page.getByRole('button', { name: t('app.time.preset.1h') }).click()
  const panel = page.getByRole('dialog')
  await expect(panel.getByRole('gridcell').first()).toBeVisible()
  await expectAccessible(page)
  await panel.getByRole('button', { name: t('app.time.preset.15m') }).click()
  await expect(page).toHaveURL(/from=-15m/)
  await expect(page.getByRole('button', { name: t('app.time.preset.15m') })).toBeVisible()
})
