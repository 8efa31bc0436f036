/** The paths of the API, until the committed document generates them (`npm run api`): any path, any body. */
interface Operation {
  parameters: { query?: Record<string, unknown>; path?: Record<string, string>; header?: Record<string, string> }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- stands for every body until the document is there
  requestBody?: { content: { 'application/json': any } }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  responses: { 200: { headers: Record<string, string>; content: { 'application/json': any } } }
}
export interface paths {
  [path: string]: { get: Operation; post: Operation; put: Operation; patch: Operation; delete: Operation }
}
