import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError, toError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import { backoffDelay } from '../lib/backoff';
import { SourceError } from '../lib/errors';
import type { Problem } from '../lib/problem';
import { checkOwners } from './checks/checkOwners';
import { commitRun, type RunResult } from './database/commitRun';
import { endRun, LeaseLostError, type Run, type RunEnd } from './database/runs';
import type { RunContext } from './runContext';

/** How many problems of one run reach the log. */
const LOGGED_PROBLEMS = 5;

/** Writes down and logs what a run did, after the catalog took it, and looks for unknown owners. */
export async function completeRun(
  context: RunContext,
  /** `changed`: whether entities may have other owners than before. */
  { changed, ...result }: RunResult & { changed: boolean },
): Promise<void> {
  const { logger, run } = context;
  const end = await commitRun({ ...context, ...result, now: context.now() });
  logRun({ logger, run, end, problems: result.plan?.problems ?? [] });
  await checkOwners(context, changed);
}

/** Logs what a run changed, what it held back and what is wrong with records. */
function logRun(options: {
  logger: LoggerService;
  run: Run;
  end: RunEnd;
  problems: Problem[];
}): void {
  const { logger, run, end, problems } = options;
  const about = `source "${run.source}" (${run.kind} ${run.id})`;
  const { counts } = end;
  const summary = counts
    ? `${counts.records} records: ${counts.added} entities added, ${counts.changed} changed, ${counts.removed} removed`
    : 'nothing changed';
  const level = end.outcome === 'applied' ? 'info' : 'debug';
  logger[level](`Synced ${about}, ${summary}`);
  if (end.held) {
    logger.warn(`Nothing removed from ${about}: ${end.held}`);
  }
  for (const problem of problems.slice(0, LOGGED_PROBLEMS)) {
    logger.warn(`In ${about}, ${problem.code}: ${problem.message}`);
  }
  if (problems.length > LOGGED_PROBLEMS) {
    const more = problems.length - LOGGED_PROBLEMS;
    logger.warn(`In ${about}, ${more} more problems`);
  }
}

type FailedRun = Omit<RunContext, 'connection'>;

/**
 * Records that a run did not succeed. A failure of the list backs the source
 * off; one of a single record does not; a shutdown or a lost lease says nothing
 * about the source. `inPart` says that the catalog may have taken a part of it.
 *
 * Never throws, so that the caller can rethrow the first error.
 */
export async function failRun(
  context: FailedRun,
  error: unknown,
  { inPart }: { inPart: boolean },
): Promise<void> {
  const { knex, run, settings, logger, now } = context;
  const endedAt = now();
  const message = stringifyError(toError(error));
  const abandoned =
    wasStopped(context, endedAt) || error instanceof LeaseLostError;
  const failure =
    abandoned || run.kind === 'record'
      ? undefined
      : backOff(context, error, endedAt);
  const next = failure ? `, next try at ${failure.retryAt.toISOString()}` : '';
  logger.warn(
    `Run ${run.id} (${run.kind}) of source "${settings.name}" ` +
      `${abandoned ? 'was stopped' : 'failed'}${next}: ${message}`,
  );
  const outcome = abandoned ? 'abandoned' : 'failed';
  const end: RunEnd = { endedAt, outcome, error: message };
  try {
    await endRun({ knex, run, end, inPart, failure });
  } catch (databaseError) {
    logger.error(
      `Could not record the end of run ${run.id} of source "${settings.name}"`,
      toError(databaseError),
    );
  }
}

/**
 * Whether the run was aborted before its time was up, so by a shutdown and not
 * by the timeout. The scheduler's clock starts a little before the run's, hence
 * the margin.
 */
function wasStopped(
  { run, signal, settings }: FailedRun,
  endedAt: Date,
): boolean {
  const { schedule, reconcile } = settings;
  const { timeout } = run.kind === 'reconcile' ? reconcile : schedule;
  const elapsedMs = endedAt.getTime() - run.startedAt.getTime();
  return signal.aborted && elapsedMs < 0.9 * durationToMilliseconds(timeout);
}

function backOff(
  { state, settings, random }: FailedRun,
  error: unknown,
  endedAt: Date,
): { failures: number; retryAt: Date } {
  const failures = state.failures + 1;
  const askedMs = error instanceof SourceError ? error.retryAfterMs ?? 0 : 0;
  const delayMs = Math.max(
    askedMs,
    backoffDelay({ failures, backoff: settings.backoff, random }),
  );
  return { failures, retryAt: new Date(endedAt.getTime() + delayMs) };
}
