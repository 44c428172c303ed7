import { z } from 'zod';
import type { RunKind } from '../../ingestion/database/runs';
import type { Drift } from '../../ingestion/pins/pins';
import { anything, text, time } from './common';

export const field = z.object({
  path: text,
  before: anything.optional(),
  after: anything.optional(),
});

export const pin = z.object({
  entityRef: text,
  source: text,
  recordId: text,
  reason: text,
  by: text,
  createdAt: time,
  until: time.optional(),
  origin: z.enum([
    'undo',
    'restore',
    'clean-up',
    'push',
    'pin',
  ] satisfies RunKind[]),
  absent: z.boolean(),
  drift: z.object({
    type: z.enum([
      'none',
      'added',
      'changed',
      'removed',
    ] satisfies Drift['type'][]),
    fields: z.array(field),
  }),
});
