export { discoveryKeys } from './useDiscoveries'
