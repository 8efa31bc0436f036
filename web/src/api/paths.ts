import type { paths as Described } from './schema'

/**
 * The paths of the API as the client calls them. Path, method and the parameters inside the path are those of the document: a
 * path that it does not have, a method that a path does not take or a forgotten `{id}` does not compile. Queries and bodies stay
 * loose: filters are more than the document lists, and what travels is written down in `models.ts`.
 */
type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'

type PathParameters<Operation> = Operation extends { parameters: { path: infer Names } } ? { path: Names } : { path?: undefined }

interface Call<Operation> {
  parameters: { query?: Record<string, unknown>; header?: Record<string, string> } & PathParameters<Operation>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- stands for every body the path decides
  requestBody?: { content: { 'application/json': any } }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  responses: { 200: { headers: Record<string, string>; content: { 'application/json': any } } }
}

type Taken<Item, V extends Verb> = V extends keyof Item ? NonNullable<Item[V]> : never

export type paths = {
  [Path in keyof Described]: { [V in Verb as [Taken<Described[Path], V>] extends [never] ? never : V]: Call<Taken<Described[Path], V>> }
}

/** Paths that take this method. */
export type PathWith<V extends Verb> = { [Path in keyof paths]: V extends keyof paths[Path] ? Path : never }[keyof paths]

/** Paths that are read as they stand, with nothing to fill in. */
export type PlainPath = Exclude<PathWith<'get'>, `${string}{${string}`>

/** Names of collections that are listed, added to, changed and removed from: `sites` for `/api/v1/sites` and `/api/v1/sites/{id}`. */
export type CollectionName = { [Path in PathWith<'get'> & PathWith<'post'>]: Path extends `/api/v1/${infer Name}` ? (`${Path}/{id}` extends PathWith<'patch'> & PathWith<'delete'> ? Name : never) : never }[PathWith<'get'> & PathWith<'post'>]

/** Paths of series, all asked for in the same way. */
export type SeriesPath = Extract<PathWith<'get'>, `/api/v1/${string}/{id}/metrics`>
