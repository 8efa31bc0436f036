import { loadPages } from '.'

// Parts under test speak without a router that would load their words first.
await loadPages()
