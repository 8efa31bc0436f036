import { expect, expectAccessible, keepPicture, settled, test } from '../support/test.ts'

const pages = [
  { name: 'overview', path: '/', title: 'dashboards.overview.title' },
  { name: 'map', path: '/map', title: 'topology.title' },
  { name: 'devices', path: '/devices', title: 'devices.title' },
  { name: 'alerts', path: '/alerts', title: 'alerts.title' },
  { name: 'rules', path: '/alerts/rules', title: 'alerts.rules.title' },
  { name: 'logs', path: '/logs?from=-7d', title: 'logs.title' },
  { name: 'discoveries', path: '/discovery', title: 'discovery.title' },
  { name: 'discovery-new', path: '/discovery/new', title: 'discovery.new' },
  { name: 'administration', path: '/administration', title: 'app.admin.title' },
  { name: 'users', path: '/administration/users', title: 'identity.users.title' },
  { name: 'roles', path: '/administration/roles', title: 'identity.roles.title' },
  { name: 'api-keys', path: '/administration/api-keys', title: 'identity.keys.title' },
  { name: 'cache', path: '/administration/cache', title: 'cache.title' },
  { name: 'profile', path: '/administration/profile', title: 'identity.profile.title' },
]
/** Besides the project's own size. */
const sizes = { tablet: { width: 1024, height: 768 }, wide: { width: 1920, height: 1080 } }

for (const locale2 of ['en', 'fr'] as const) {
  for (const theme of ['dark', 'light'] as const) {
    test.describe(`${locale2}, ${theme}`, () => {
      test.use({ locale2, colorScheme: theme })

      for (const { name, path, title } of pages) {
        test(`${name} is sound`, async ({ page, t }, info) => {
          await page.goto(path)
          await expect(page.getByRole('heading', { level: 1, name: t(title) })).toBeVisible()
          await settled(page)
          await expectAccessible(page)
          expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 'the page scrolls sideways').toBeLessThanOrEqual(0)
          if (locale2 !== 'en') return
          const project = info.project.name
          await keepPicture(page, `${name}-${theme}-${project}`)
          if (project !== 'desktop') return
          for (const [size, viewport] of Object.entries(sizes)) {
            await page.setViewportSize(viewport)
            await keepPicture(page, `${name}-${theme}-${size}`)
          }
        })
      }
    })
  }
}
