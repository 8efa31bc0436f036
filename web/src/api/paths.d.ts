/** The paths of the API as the client calls them: any path, any body. Pages build paths from resources, so the generated types of `schema.d.ts` do not fit here. */
interface Operation {
  parameters: { query?: Record<string, unknown>; path?: Record<string, string>; header?: Record<string, string> }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- stands for every body the path decides
  requestBody?: { content: { 'application/json': any } }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  responses: { 200: { headers: Record<string, string>; content: { 'application/json': any } } }
}
export interface paths {
  [path: string]: { get: Operation; post: Operation; put: Operation; patch: Operation; delete: Operation }
}
