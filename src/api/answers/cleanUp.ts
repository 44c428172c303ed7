import { z } from 'zod';
import { count, text, time } from './common';

const counts = z.object({
  stale: count,
  retired: count,
  orphans: count,
  unknownOwners: count,
  contradictions: count,
  planned: count,
  done: count,
  left: count,
});

export const cleanUpSummary = z.object({
  id: text,
  startedAt: time,
  by: text,
  counts,
});

export const cleanUpReport = cleanUpSummary.extend({
  id: text.optional(),
  dryRun: z.boolean(),
  plans: z.array(
    z.object({ source: text, hash: text, changes: count, state: text }),
  ),
  items: z.array(
    z.object({
      entityRef: text,
      source: text.optional(),
      found: z.enum(['stale', 'retired', 'orphan']),
      why: text,
      action: z.enum(['deprecate', 'archive', 'remove']).optional(),
      left: text.optional(),
      done: z.literal(true).optional(),
    }),
  ),
  unknownOwners: z.array(
    z.object({
      owner: text,
      count,
      entities: z.array(z.object({ entityRef: text, source: text })),
    }),
  ),
  contradictions: z.array(
    z.object({
      entityRef: text,
      source: text,
      owner: text.optional(),
      reported: text,
      sender: text,
      at: time,
    }),
  ),
});
