import { z } from 'zod';
import { anything, count, listed, object, text } from './common';
import { fieldExplanation, planRef, problem, runCounts } from './sources';

const changedEntity = z.object({
  entityRef: text,
  recordId: text,
  fields: z.array(
    z.object({
      path: text,
      before: anything.optional(),
      after: anything.optional(),
    }),
  ),
});

const namedEntity = z.object({
  entityRef: text,
  field: text,
  target: text,
  isUnknown: z.boolean().optional(),
});

export const dryRun = z.object({
  counts: z.object({
    ...runCounts,
    passed: count.optional(),
    mapped: count,
    entities: count,
    kinds: z.record(text, count),
    renamed: count,
    unchanged: count,
  }),
  incomplete: text.optional(),
  plan: z.object({ hash: text, reason: text }).optional(),
  added: listed(z.object({ entityRef: text, recordId: text, entity: object })),
  changed: listed(changedEntity),
  renamed: listed(changedEntity.extend({ from: text })),
  removed: listed(z.object({ entityRef: text, recordId: text.optional() })),
  held: listed(planRef),
  problems: listed(problem),
  relationsBegun: listed(namedEntity),
  relationsEnded: listed(namedEntity),
  relationsBroken: listed(
    z.object({ entityRef: text, type: text, target: text }),
  ),
  unknownOwners: listed(
    z.object({ owner: text, entities: count, example: text }),
  ),
  records: listed(
    z.object({
      recordId: text,
      record: object,
      entities: z.array(object),
      fields: z.array(z.array(fieldExplanation)),
    }),
  ),
});

/** The counts and how long each list is, then each item of a list. */
export const dryRunLine = z.union([
  dryRun
    .pick({ counts: true, incomplete: true, plan: true })
    .extend({ totals: z.record(text, count) }),
  z.object({ list: text, item: object }),
]);
