/*
 * How a source is doing, and what about that needs a person. A machine alerts
 * on the code, and a person reads the message.
 */
import {
  type Credential,
  credentialsOfSource,
  dueDate,
  isDue,
} from '../../config/credentials';
import { type FirstSeen, readFirstSeen } from '../../database/credentialDates';
import { sourcePath } from '../../lib/keys';
import { counted } from '../../lib/values';
import {
  findRejectedPlan,
  type PlanReport,
  readCurrentPlan,
} from '../database/planDecisions';
import { countProblems } from '../database/problems';
import { countEntities, countIfAllInvalid } from '../database/records';
import {
  readLastError,
  readLastRuns,
  type RunReport,
} from '../database/runReports';
import { readSourceState, type SourceState } from '../database/runs';
import { removalReason } from './plans';
import type { KnownSource, SourcesContext } from './sources';

/** A plan without its refs. That of a list that is no longer polled has no hash, which takes all refs to know. */
type PlanSummary = Pick<PlanReport, 'state' | 'reason' | 'count'> & {
  hash?: string;
};

export interface SourceReport {
  known: KnownSource;
  state: SourceState;
  /** Of the list, while it fails. */
  lastError?: string;
  lastRun?: RunReport;
  lastSuccess?: RunReport;
  plan?: PlanSummary;
  /** How many records are invalid, where none is valid. */
  allInvalid: number;
  problems: { errors: number; warnings: number; ofCatalog: number };
  firstSeen: FirstSeen;
  now: Date;
}

export async function reportSource(
  context: SourcesContext,
  known: KnownSource,
): Promise<SourceReport> {
  const of = { knex: context.knex, source: known.name };
  const state = await readSourceState(of);
  return {
    known,
    state,
    lastError: state.failures > 0 ? await readLastError(of) : undefined,
    ...(await readLastRuns(of)),
    plan: await summarizePlan(context, known),
    allInvalid: await countIfAllInvalid(of),
    problems: await countProblems(of),
    firstSeen: await readFirstSeen({
      knex: context.knex,
      now: context.now(),
      of: { type: 'source', name: known.name },
    }),
    now: context.now(),
  };
}

/** The plan that waits, or else the latest, without reading a ref. */
async function summarizePlan(
  context: SourcesContext,
  known: KnownSource,
): Promise<PlanSummary | undefined> {
  const of = { knex: context.knex, source: known.name, now: context.now() };
  const reason = await removalReason(context, known);
  return reason === undefined
    ? readCurrentPlan(of)
    : summarizeRemoval(context, known, reason);
}

/** The plan of a list that is no longer polled. */
async function summarizeRemoval(
  context: SourcesContext,
  known: KnownSource,
  reason: string,
): Promise<PlanSummary> {
  const of = { knex: context.knex, source: known.name, now: context.now() };
  const count = await countEntities(of);
  // Nothing gives the source entities any more, so a rejection of all still is one.
  const rejection = await findRejectedPlan({ ...of, ofAtLeast: count });
  return rejection ?? { state: 'pending', reason, count };
}

export interface Attention {
  code:
    | 'misconfigured'
    | 'failing'
    | 'all-records-invalid'
    | 'plan-held'
    | 'list-incomplete'
    | 'credential-due'
    | 'catalog-problems';
  /** What is wrong, and what to do. */
  message: string;
}

/** What of a report tells what needs a person. */
type Judged = Pick<
  SourceReport,
  | 'known'
  | 'lastError'
  | 'lastSuccess'
  | 'plan'
  | 'allInvalid'
  | 'firstSeen'
  | 'now'
> & {
  state: Pick<SourceState, 'failures' | 'retryAt'>;
  problems: Pick<SourceReport['problems'], 'ofCatalog'>;
};

/** What needs a person; empty for a source that does well. */
export function attentionOf(report: Judged): Attention[] {
  const { known, plan, problems } = report;
  const path = sourcePath(known.name);
  const found: Attention[] = [];
  if (known.type === 'misconfigured') {
    found.push({ code: 'misconfigured', message: known.reason });
  }
  // Nothing asks a list any more that is not polled.
  if (known.type === 'configured' && known.settings.poll) {
    found.push(...attentionOfList(report));
  }
  if (plan?.state === 'pending') {
    const { reason, hash = '<hash>' } = plan;
    found.push({
      code: 'plan-held',
      message: `${reason}; GET ${path}/plan shows what is held, POST ${path}/plan/${hash}/approve applies it, POST ${path}/plan/${hash}/reject keeps the entities as they are`,
    });
  }
  if (problems.ofCatalog > 0) {
    const errors = counted(problems.ofCatalog, 'error');
    found.push({
      code: 'catalog-problems',
      message: `The catalog reports ${errors} of entities or locations of the source; GET ${path}/problems says why`,
    });
  }
  for (const { id, dueAt } of dueCredentials(report)) {
    found.push({
      code: 'credential-due',
      message: `The credential "${id}" should have been replaced by ${dueAt.toISOString()}; replace it, and give it another "credential.id"`,
    });
  }
  return found;
}

/** The credentials of a source that should have been replaced. */
export function dueCredentials({
  known,
  firstSeen,
  now,
}: Pick<SourceReport, 'known' | 'firstSeen' | 'now'>): Array<
  Credential & { dueAt: Date }
> {
  const { name } = known;
  const credentials =
    known.type === 'configured' ? credentialsOfSource(known.settings) : [];
  return credentials.flatMap(credential => {
    const seenAt = firstSeen({ type: 'source', name, id: credential.id });
    return isDue(credential, seenAt, now)
      ? [{ ...credential, dueAt: dueDate(credential, seenAt) }]
      : [];
  });
}

function attentionOfList(report: Judged): Attention[] {
  const { known, state, lastSuccess, plan, allInvalid } = report;
  const path = sourcePath(known.name);
  const found: Attention[] = [];
  if (state.failures > 0) {
    found.push({ code: 'failing', message: describeFailures(report) });
  }
  if (allInvalid > 0) {
    const all = counted(allInvalid, 'record');
    found.push({
      code: 'all-records-invalid',
      message: `Of ${all}, none is valid, and what the catalog has stays; GET ${path}/problems says what to correct`,
    });
  }
  const { held } = lastSuccess ?? {};
  // A reason that is not the plan's is the list's own.
  if (held !== undefined && held !== plan?.reason) {
    const reason = held.replace(`${plan?.reason}; `, '');
    found.push({
      code: 'list-incomplete',
      message: `${reason}; correct the list; GET ${path}/problems names its records at fault, if there are any`,
    });
  }
  return found;
}

function describeFailures({ known, state, lastError }: Judged): string {
  const runs =
    state.failures === 1
      ? 'The last run'
      : `The last ${state.failures} runs in a row`;
  const cause = lastError === undefined ? '' : ` (${lastError})`;
  const next = state.retryAt
    ? `, next try at ${state.retryAt.toISOString()}`
    : '';
  return `${runs} failed${cause}${next}; POST ${sourcePath(
    known.name,
  )}/sync with {"force":true} tries at once`;
}
