export { topologyKeys } from './useTopology'
