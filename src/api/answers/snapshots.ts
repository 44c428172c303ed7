import { z } from 'zod';
import { shownChange } from './changes';
import { count, listed, object, text, time } from './common';
import { leftChange, planReport } from './sources';

export const snapshot = z.object({
  id: text,
  source: text.optional(),
  namespace: text.optional(),
  origin: z.enum(['taken', 'imported']),
  reason: text,
  by: text,
  createdAt: time,
  count,
  digest: text,
});

const snapshotHeader = snapshot.extend({ version: z.literal(1) });

export const snapshotItem = z.object({
  entityRef: text,
  entity: object,
  source: text.optional(),
  recordId: text.optional(),
  locationKey: text.optional(),
});

export const snapshotFile = z.object({
  snapshot: snapshotHeader,
  items: z.array(snapshotItem),
});

export const snapshotLine = z.union([
  z.object({ snapshot: snapshotHeader }),
  snapshotItem,
]);

export const restore = z.object({
  dryRun: z.boolean(),
  plans: z.array(
    z.object({
      source: text,
      plan: planReport.partial().required({ hash: true, reason: true }),
      changes: listed(shownChange),
    }),
  ),
  left: listed(leftChange),
});
