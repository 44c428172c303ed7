import { z } from 'zod';
import { count, object, text, time } from './common';

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
