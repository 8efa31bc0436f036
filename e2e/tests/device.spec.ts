import type { APIRequestContext } from '@playwright/test'
import { rows } from '../support/steps.ts'
import { expect, expectAccessible, keepPicture, settled, test } from '../support/test.ts'
import { pattern } from '../support/words.ts'

async function core(request: APIRequestContext) {
  const [device] = await rows(request, 'devices?name__contains=core&page_size=1&ordering=name')
  if (!device) throw new Error('the campus has no core')
  return device
}

test('a device is found by a part of its name', async ({ page, t, request }, info) => {
  const device = await core(request)
  await page.goto('/devices')
  await page.getByPlaceholder(t('devices.list.search')).fill(device.name)
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(info.project.name === 'phone' ? 1 : 2) // with the head
  await expect(page).toHaveURL(/search=|q=|text=/)
  await page.getByRole('link', { name: device.name }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: device.name })).toBeVisible()
})

for (const tab of ['summary', 'ports', 'neighbours', 'addresses', 'timeline', 'tools']) {
  test(`the ${tab} of a device are sound`, async ({ page, t, request }, info) => {
    const device = await core(request)
    await page.goto(`/devices/${device.id}`)
    await page.getByRole('tab', { name: pattern(t(`devices.tab.${tab}`)) }).click()
    await settled(page)
    await expectAccessible(page)
    await keepPicture(page, `device-${tab}-${info.project.name}`)
  })
}

test('the chart of a port grows by itself', async ({ page, t, request }, info) => {
  test.setTimeout(120_000)
  const device = await core(request)
  const ports = await rows(request, `devices/${device.id}/interfaces?page_size=100`)
  const port = ports.find(entry => entry.oper_status === 'up' && Number(entry.speed_bps) > 0)
  if (!port) throw new Error(`no port of ${device.name} is up`)

  await page.goto(`/devices/${device.id}/ports/${port.id}?from=-15m`)
  const chart = page.getByRole('img', { name: new RegExp(t('devices.port.chart.bits')) })
  await expect(chart).toBeVisible()
  await expect(chart.locator('canvas')).toBeVisible()
  // The sentence of the chart says its latest value: polling changes it with nobody touching the page.
  const before = await chart.getAttribute('aria-label')
  await expect(async () => expect(await chart.getAttribute('aria-label')).not.toBe(before)).toPass({ timeout: 60_000 })
  await expectAccessible(page)
  await keepPicture(page, `port-${info.project.name}`)
})

test('a device answers the tools: ping and an SNMP object', async ({ page, t, request }) => {
  const device = await core(request)
  await page.goto(`/devices/${device.id}?tab=tools`)
  await page.getByRole('button', { name: t('devices.ping.act', { name: String(device.primary_ip) }) }).click()
  await expect(page.getByText(t('devices.ping.result', { received: 5, sent: 5 }))).toBeVisible()
  await page.getByLabel(t('devices.snmp.oids')).fill('1.3.6.1.2.1.1.5.0')
  await page.getByRole('button', { name: t('devices.snmp.getAct') }).click()
  await expect(page.getByRole('cell', { name: device.name })).toBeVisible()
})
