import type { LoggerService } from '@backstage/backend-plugin-api';
import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../lib/problem';
import type {
  Run,
  RunEnd,
  SourceState,
  SyncChanges,
} from './database/SyncStore';
import type { PlanOutcome } from './database/plans';
import type { ProblemOutcome } from './database/problems';
import type { SyncPlan } from './planTypes';
import type { RunContext } from './runContext';

/** How many problems a run's row keeps; those of the source stand in a table of their own. */
const PROBLEMS_OF_RUN = 20;

const NO_CHANGES: SyncChanges = {
  records: [],
  removedRecords: [],
  contributions: [],
  removedContributions: [],
};

type StateAfter = Pick<SourceState, 'fingerprint' | 'validators'>;

/** Writes down what a run did, after the catalog took it. */
export async function commitRun(
  context: RunContext,
  options: {
    plan?: SyncPlan;
    /** The source's state after a run over the list. */
    after?: StateAfter;
    relist?: boolean;
    remark?: string;
    plans?: PlanOutcome;
    problems?: ProblemOutcome;
  },
): Promise<void> {
  const { run, state, store, logger, now } = context;
  const { plan, after } = options;
  const end: RunEnd = {
    endedAt: now(),
    outcome:
      plan && (plan.upserts.length || plan.removals.length)
        ? 'applied'
        : 'unchanged',
    counts: plan?.counts,
    held: (plan && heldBecause(plan)) ?? options.remark,
    problems: plan?.problems.slice(0, PROBLEMS_OF_RUN),
  };
  await store.commitRun({
    run,
    end,
    changes: plan?.changes ?? NO_CHANGES,
    state: after && differs(after, state) ? after : undefined,
    relist: options.relist,
    plans: options.plans,
    problems: options.problems,
  });
  logRun({ logger, run, end, problems: plan?.problems ?? [] });
}

function heldBecause(plan: SyncPlan): string | undefined {
  if (plan.held) {
    return plan.held.reason;
  }
  const unidentified = plan.problems.filter(p => p.recordId === undefined);
  return unidentified.length
    ? `${unidentified.length} records of the list cannot be identified, so nothing that it lacks is taken for gone`
    : undefined;
}

/** Nothing changed, nothing written. */
function differs(after: StateAfter, before: SourceState): boolean {
  return (
    before.failures > 0 ||
    before.retryAt !== undefined ||
    before.fingerprint !== after.fingerprint ||
    !isDeepStrictEqual(before.validators, after.validators)
  );
}

/** How many problems of one run reach the log. */
const LOGGED_PROBLEMS = 5;

/** Says what a run changed, what it held back and what is wrong with records. */
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
  if (end.outcome === 'applied') {
    logger.info(`Synced ${about}, ${summary}`);
  } else {
    logger.debug(`Synced ${about}, ${summary}`);
  }
  if (end.held) {
    logger.warn(`Nothing removed from ${about}: ${end.held}`);
  }
  for (const problem of problems.slice(0, LOGGED_PROBLEMS)) {
    logger.warn(`In ${about}, ${problem.code}: ${problem.message}`);
  }
  if (problems.length > LOGGED_PROBLEMS) {
    logger.warn(
      `In ${about}, ${problems.length - LOGGED_PROBLEMS} more problems`,
    );
  }
}
