/** What can be done to several devices at once, beside polling and exporting them. */
export const bulkActs = ['tag', 'site', 'credentials', 'pause', 'delete'] as const
export type BulkAct = (typeof bulkActs)[number]
