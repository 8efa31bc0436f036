export { users, roles } from './useIdentity'
