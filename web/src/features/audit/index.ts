export { changesOf } from './diff'
