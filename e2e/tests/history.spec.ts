import type { APIRequestContext, Page } from '@playwright/test'
import { rows } from '../support/steps.ts'
import { expect, expectAccessible, keepPicture, settled, test } from '../support/test.ts'
import { type words, pattern } from '../support/words.ts'

/** The page of a port of the core that carries traffic. */
async function port(request: APIRequestContext): Promise<string> {
  const [device] = await rows(request, 'devices?name__contains=core&page_size=1&ordering=name')
  const ports = await rows(request, `devices/${device?.id}/interfaces?oper_status=up&page_size=100`)
  const found = ports.find(entry => entry.peer !== null)
  if (!device || !found) throw new Error('the core has no port with a neighbour')
  return `/devices/${device.id}/ports/${found.id}`
}

const chartOf = (page: Page, t: ReturnType<typeof words>) => page.getByRole('img', { name: new RegExp(`^${t('devices.port.chart.bits')}`) })
const length = (page: Page) => {
  const { searchParams } = new URL(page.url())
  const [from, to] = [searchParams.get('from'), searchParams.get('to')]
  return from?.startsWith('-') ? Number(from.slice(1, -1)) * 60_000 : Date.parse(to ?? '') - Date.parse(from ?? '')
}

test('longer ranges are asked for in few points and stand in the address', async ({ page, t, request }, info) => {
  await page.goto(await port(request))
  await expect(chartOf(page, t)).toBeVisible()
  const ranges = page.getByRole('radiogroup', { name: t('app.time.title') })
  await expect(ranges.getByRole('radio', { checked: true })).toHaveText(/^1\s/)

  for (const [from, span] of [['-6h', 6 * 3600], ['-24h', 86_400], ['-7d', 7 * 86_400], ['-30d', 30 * 86_400]] as const) {
    const asked = page.waitForResponse(answer => answer.url().includes('/metrics?') && answer.url().includes(`from=${from}`))
    await ranges.getByRole('radio', { name: new RegExp(`^${from.slice(1, -1)}\\s`) }).click()
    const series = (await (await asked).json()) as { step_seconds: number, series: { points: unknown[] }[] }
    await expect(page).toHaveURL(new RegExp(`from=${from}`))
    expect(series.step_seconds).toBeGreaterThanOrEqual(span / 2000)
    for (const { points } of series.series) expect(points.length).toBeLessThanOrEqual(2000)
  }
  await expect(chartOf(page, t)).toBeVisible()
  await settled(page)
  await expectAccessible(page)
  await keepPicture(page, `history-${info.project.name}`)
  await page.goBack()
  await expect(page).toHaveURL(/from=-7d/)
})

test('wheel, drag and keys zoom, the table says the same', async ({ page, t, request }) => {
  await page.goto(await port(request))
  const chart = chartOf(page, t)
  await expect(chart.locator('canvas')).toBeVisible()
  await chart.scrollIntoViewIfNeeded()
  const box = await chart.boundingBox()
  if (!box) throw new Error('the chart has no place')
  const [middle, height] = [box.x + box.width / 2, box.y + box.height / 2]

  // Without a key the wheel is the page's.
  await page.mouse.move(middle, height)
  await page.mouse.wheel(0, 40)
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(0)
  await expect(page).not.toHaveURL(/from=/)
  await page.evaluate(() => window.scrollTo(0, 0))

  await page.mouse.move(middle, height)
  await page.keyboard.down('Control')
  await page.mouse.wheel(0, -200)
  await page.keyboard.up('Control')
  await expect(page).toHaveURL(/from=/)
  const zoomed = length(page)
  expect(zoomed).toBeLessThan(3_600_000)

  await page.mouse.move(middle - 150, height)
  await page.mouse.down()
  await page.mouse.move(middle + 50, height, { steps: 5 })
  await page.mouse.up()
  await expect.poll(() => length(page)).toBeLessThan(zoomed)
  const dragged = length(page)

  await chart.focus()
  await page.keyboard.press('-')
  await expect.poll(() => length(page)).toBeGreaterThan(dragged)

  // Where there is nothing, the chart stays, so that keys lead out again.
  const [from, to] = [Date.now() - 7_200_000, Date.now() - 7_140_000].map(at => new Date(at).toISOString())
  await page.goto(`${await port(request)}?from=${from}&to=${to}`)
  await expect(chart).toHaveAccessibleName(pattern(t('ui.chart.empty')))
  await chart.focus()
  await page.keyboard.press('-')
  await expect.poll(() => length(page)).toBeGreaterThan(60_000)

  await page.getByRole('button', { name: t('ui.chart.asTable') }).first().click()
  const table = page.getByRole('region', { name: t('devices.port.chart.bits') }).getByRole('table')
  await expect(table.getByRole('columnheader', { name: t('ui.chart.time') })).toBeVisible()
  await page.getByRole('button', { name: t('app.time.live') }).click()
  await expect(page).not.toHaveURL(/from=/)
  await expect(page.getByText(pattern(t('ui.chart.step'))).first()).toBeVisible()
})
