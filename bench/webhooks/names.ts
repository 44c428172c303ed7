/** What is asked of a backend that takes webhooks. */
export const WEBHOOK_CASES = [
  'load',
  'refused',
  'visible',
  'processor',
] as const;

export type WebhookCase = (typeof WEBHOOK_CASES)[number];

/** Who takes webhooks: this module, its peer in two settings, and three floors. */
export const WEBHOOK_SUBJECTS = [
  'module',
  'events',
  'events-no-bus',
  'bare',
  'insert-each',
  'insert-together',
] as const;

export type WebhookSubject = (typeof WEBHOOK_SUBJECTS)[number];

/** How many connections send at once. */
export const CONNECTIONS = [10, 50] as const;

/** What a row of the results is about. */
export const caseName = (name: 'load' | 'refused', connections: number) =>
  `${name}, ${connections} connections`;
