import { stringifyError, toError } from '@backstage/errors';
import { backoffDelay } from '../lib/backoff';
import { SourceError } from '../lib/errors';
import type { RunContext } from './runContext';
import { milliseconds } from './schedules';
import { LeaseLostError } from './withLease';

/**
 * Records that a run did not succeed. A failure of the list backs the source
 * off; one of a single record leaves it alone only where the API asked for it;
 * a shutdown or a lost lease says nothing about the source.
 *
 * `inPart` tells that the catalog may have taken something of it.
 *
 * Never throws, so that the caller can rethrow what went wrong first.
 */
export async function failRun(
  context: Omit<RunContext, 'connection'>,
  error: unknown,
  options: { inPart: boolean },
): Promise<void> {
  const { run, settings, store, logger, now } = context;
  const endedAt = now();
  const abandoned =
    wasStopped(context, endedAt) || error instanceof LeaseLostError;
  const message = stringifyError(toError(error));
  const failure = abandoned ? undefined : failureOf(context, error, endedAt);
  logger.warn(
    `Run ${run.id} (${run.kind}) of source "${settings.name}" ` +
      `${abandoned ? 'was stopped' : 'failed'}` +
      `${
        failure ? `, next try at ${failure.retryAt.toISOString()}` : ''
      }: ${message}`,
  );
  try {
    await store.endRun({
      run,
      end: {
        endedAt,
        outcome: abandoned ? 'abandoned' : 'failed',
        error: message,
      },
      inPart: options.inPart,
      failure,
    });
  } catch (storeError) {
    logger.error(
      `Could not record the end of run ${run.id} of source "${settings.name}"`,
      toError(storeError),
    );
  }
}

/**
 * Aborted from outside before its time was up: a shutdown, not a time-out. The
 * scheduler's clock starts a little before the run's, hence the margin.
 */
function wasStopped(
  { run, signal, settings, timeoutMs }: Omit<RunContext, 'connection'>,
  endedAt: Date,
): boolean {
  const elapsedMs = endedAt.getTime() - run.startedAt.getTime();
  const limitMs =
    run.kind === 'reconcile'
      ? milliseconds(settings.reconcile.timeout)
      : timeoutMs;
  return signal.aborted && elapsedMs < 0.9 * limitMs;
}

function failureOf(
  context: Omit<RunContext, 'connection'>,
  error: unknown,
  endedAt: Date,
): { failures: number; retryAt: Date } | undefined {
  const { run, state, settings, random } = context;
  const askedMs = error instanceof SourceError ? error.retryAfterMs ?? 0 : 0;
  if (run.kind === 'record') {
    return askedMs > 0
      ? {
          failures: state.failures,
          retryAt: new Date(endedAt.getTime() + askedMs),
        }
      : undefined;
  }
  const failures = state.failures + 1;
  const delayMs = Math.max(
    askedMs,
    backoffDelay({ failures, backoff: settings.backoff, random }),
  );
  return { failures, retryAt: new Date(endedAt.getTime() + delayMs) };
}
