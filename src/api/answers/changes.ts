import { z } from 'zod';
import type { ShownChange } from '../../ingestion/changes/showChanges';
import { listed, listOf, text, time } from './common';
import { field } from './pins';
import { leftChange, planRef, planReport } from './sources';

export const shownChange = z.object({
  entityRef: text,
  recordId: text.optional(),
  action: z.enum([
    'add',
    'change',
    'remove',
    'keep',
  ] satisfies ShownChange['action'][]),
  fields: z.array(field),
  pin: z.object({ reason: text, until: time.optional() }).optional(),
  left: text.optional(),
});

/** A plan that no run made shows each entity field by field while it waits. */
export const planOfKind = listOf(
  planRef.extend(shownChange.partial().shape).required({ entityRef: true }),
).extend({ plan: planReport });

export const undo = z.object({
  dryRun: z.boolean(),
  plan: planReport.partial().required({ hash: true, reason: true }),
  changes: listed(shownChange),
  left: listed(leftChange),
});
