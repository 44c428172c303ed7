import { z } from 'zod';
import { count, object, text, time } from './common';
import { runCounts } from './sources';

/** An entity as it is written: without what the catalog adds. */
export const entity = object;

export const writtenEntity = z.object({
  entityRef: text,
  source: text,
  /** Also the `ETag`. */
  revision: text,
  before: text.optional(),
});

export const writtenSet = z.object({
  runId: text,
  outcome: text,
  counts: z.object(runCounts).optional(),
  held: text.optional(),
  plan: z.object({ hash: text, count, path: text }).optional(),
});

const version = z.object({ revision: text, entity: object });

export const conflict = z.object({
  id: text,
  entityRef: text,
  source: text,
  at: time,
  by: text,
  expected: text,
  current: version.optional(),
  given: version.optional(),
});
