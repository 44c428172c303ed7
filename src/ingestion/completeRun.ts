import { stringifyError, toError } from '@backstage/errors';
import { retryDelay } from '../lib/backoff';
import { SourceError } from '../lib/errors';
import { checkOwners } from './checks/checkOwners';
import { commitRun, heldBecause, type RunResult } from './database/commitRun';
import { packChanges } from './database/runChanges';
import { readLastRuns } from './database/runReports';
import {
  endRun,
  isOverList,
  LeaseLostError,
  type RunEnd,
} from './database/runs';
import { logRun } from './logRun';
import type { RunContext } from './runContext';
import { isTimeUp } from './timeLimit';

/** Writes down and logs what a run did, after the catalog took it, and looks for unknown owners. */
export async function completeRun(
  context: RunContext,
  /** `changed`: whether entities may have other owners than before. */
  { changed, ...result }: RunResult & { changed: boolean },
): Promise<void> {
  const { knex, run, tracker, now } = context;
  const { lastSuccess } = await readLastRuns({ knex, source: run.source });
  const kept =
    result.plan &&
    (await packChanges({ knex, source: run.source, ...result.plan }));
  const committed = await commitRun({
    ...context,
    ...result,
    kept,
    now: now(),
  });
  const { began } = committed.problems;
  tracker.ended({ run, end: committed.end, began });
  logRun({
    ...context,
    ...committed,
    said: result.plan && heldBecause(result.plan, ({ reason }) => reason),
    heldBefore: lastSuccess?.held,
    plan: result.plans?.held,
  });
  await checkOwners(context, changed);
}

type FailedRun = Omit<RunContext, 'connection' | 'reusable'>;

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
  const { knex, run, settings, signal, tracker, logger, now } = context;
  const endedAt = now();
  const message = stringifyError(toError(error));
  const abandoned =
    (signal.aborted && !isTimeUp(settings, run, endedAt)) ||
    error instanceof LeaseLostError;
  const failure =
    abandoned || !isOverList(run)
      ? undefined
      : backOff(context, error, endedAt);
  const next = failure ? `, next try at ${failure.retryAt.toISOString()}` : '';
  logger.warn(
    `Run ${run.id} (${run.kind}) of source "${settings.name}" ` +
      `${abandoned ? 'was stopped' : 'failed'}${next}: ${message}`,
  );
  const outcome = abandoned ? 'abandoned' : 'failed';
  const said = error instanceof SourceError ? error.said : undefined;
  const shown = said ? `${message}. The server said: ${said}` : message;
  const end: RunEnd = { endedAt, outcome, error: shown };
  tracker.ended({ run, end });
  try {
    await endRun({ knex, run, end, inPart, failure });
  } catch (databaseError) {
    logger.error(
      `Could not record the end of run ${run.id} of source "${settings.name}"`,
      toError(databaseError),
    );
  }
}

function backOff(
  { state, settings, random }: FailedRun,
  error: unknown,
  endedAt: Date,
): { failures: number; retryAt: Date } {
  const failures = state.failures + 1;
  const { backoff } = settings;
  const delayMs = retryDelay(error, { failures, backoff, random });
  return { failures, retryAt: new Date(endedAt.getTime() + delayMs) };
}
