import { z } from 'zod';
import type { PlanReport } from '../../ingestion/database/planDecisions';
import type { RunKind, RunOutcome } from '../../ingestion/database/runs';
import { anything, count, listOf, severity, text, time } from './common';
import { pin } from './pins';

export const runCounts = {
  records: count,
  added: count,
  changed: count,
  removed: count,
  approved: count.optional(),
  held: count,
  invalid: count,
  restored: count.optional(),
};

export const run = z.object({
  id: text,
  kind: z.enum([
    'poll',
    'startup',
    'retry',
    'reconcile',
    'manual',
    'record',
    'approved',
    'retire',
    'undo',
    'restore',
    'clean-up',
    'push',
    'pin',
  ] satisfies RunKind[]),
  startedAt: time,
  endedAt: time.optional(),
  outcome: z.enum([
    'running',
    'unchanged',
    'applied',
    'failed',
    'abandoned',
  ] satisfies RunOutcome[]),
  counts: z.object(runCounts).optional(),
  held: text.optional(),
  error: text.optional(),
});

export const source = z.object({
  name: text,
  state: z.enum([
    'idle',
    'running',
    'backing-off',
    'paused',
    'misconfigured',
    'unconfigured',
  ]),
  attention: z.array(z.object({ code: text, message: text })),
  reason: text.optional(),
  title: text.optional(),
  owner: text.optional(),
  purpose: text.optional(),
  type: z.enum(['http', 'custom', 'push']).optional(),
  url: text.optional(),
  poll: z.boolean().optional(),
  entities: count,
  failures: count,
  retryAt: time.optional(),
  paused: z.object({ by: text, at: time }).optional(),
  lastRun: run.optional(),
  lastSuccess: run.optional(),
  pendingPlan: z
    .object({ hash: text.optional(), count: count.optional(), path: text })
    .optional(),
  problems: z.object({ errors: count, warnings: count }),
});

export const problem = z.object({
  code: text,
  severity,
  recordId: text.optional(),
  entityRef: text.optional(),
  path: text.optional(),
  message: text,
  value: text.optional(),
});

export const storedProblem = problem.extend({ firstSeenAt: time });

export const startedRun = z.object({
  status: z.literal('started'),
  runId: text,
});
export const syncedRecord = z.object({
  status: z.literal('synced'),
  runId: text,
});

export const planRef = z.object({
  entityRef: text,
  recordId: text.optional(),
  owner: text.optional(),
  changes: z
    .array(
      z.object({
        field: text,
        from: anything.optional(),
        to: anything.optional(),
      }),
    )
    .optional(),
});

export const planReport = z.object({
  hash: text,
  kind: z.enum([
    'held',
    'undo',
    'restore',
    'clean-up',
  ] satisfies PlanReport['kind'][]),
  state: z.enum([
    'pending',
    'approved',
    'rejected',
    'applied',
    'void',
    'expired',
  ] satisfies PlanReport['state'][]),
  reason: text,
  count,
  origin: text.optional(),
  createdBy: text.optional(),
  createdAt: time.optional(),
  lastSeenAt: time.optional(),
  expiresAt: time.optional(),
  decidedBy: text.optional(),
  decidedAt: time.optional(),
});

export const plan = listOf(planRef).extend({ plan: planReport.nullable() });

export const leftChange = z.object({
  entityRef: text,
  reason: text,
  current: text.optional(),
});

/** A plan that no run made is carried out with its approval, by the run `runId`. */
export const decision = z.object({
  hash: text,
  state: z.enum(['approved', 'rejected', 'applied']),
  runId: text.optional(),
  applied: count.optional(),
  left: z.array(leftChange).optional(),
});

export const fieldExplanation = z.object({
  path: text,
  expression: text,
  reads: z.array(z.object({ path: text, value: anything.optional() })),
  value: anything.optional(),
  error: text.optional(),
});

export const explanation = z.object({
  entityRef: text,
  source: text,
  recordId: text,
  via: z.enum(['poll', 'location']),
  locationKey: text,
  run: run.optional(),
  appliedAt: time.optional(),
  recordState: z.enum(['seen', 'missing', 'invalid']).optional(),
  observedAt: time.optional(),
  missingSince: time.optional(),
  fetchedAt: time.optional(),
  record: z.object({
    state: z.enum(['current', 'changed', 'unavailable']),
    reason: text.optional(),
  }),
  mapping: z
    .object({
      type: z.enum(['template', 'transformer']),
      name: text.optional(),
    })
    .optional(),
  fields: z.array(fieldExplanation),
  problems: z.array(storedProblem),
  pin: pin.optional(),
});
