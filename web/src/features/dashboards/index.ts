export { dashboardKeys } from './useDashboards'
