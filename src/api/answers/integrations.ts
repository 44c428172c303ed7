import { z } from 'zod';
import { count, text, time } from './common';

export const integration = z.object({
  type: z.enum(['source', 'sender', 'processor']),
  name: text,
  title: text.optional(),
  owner: text.optional(),
  purpose: text.optional(),
  state: text,
  kinds: z.array(text),
  namespaces: z.array(text),
  credentials: z.array(
    z.object({
      id: text,
      firstSeenAt: time,
      ageDays: count,
      dueAt: time,
      isDue: z.boolean(),
      lastUsedAt: time.optional(),
    }),
  ),
  lastSuccessAt: time.optional(),
  freshness: z
    .object({ ageSeconds: count, expectedSeconds: count, isStale: z.boolean() })
    .optional(),
  counts: z.record(text, count),
  problems: z.object({ errors: count, warnings: count }),
  findings: z.array(
    z.object({
      code: text,
      severity: z.enum(['error', 'warning', 'info']),
      message: text,
    }),
  ),
});
