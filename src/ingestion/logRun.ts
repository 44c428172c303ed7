/*
 * What the log says of runs that succeeded: changes, not states. What lasts is
 * shown by `GET /sources`.
 */
import type { LoggerService } from '@backstage/backend-plugin-api';
import { sourcePath } from '../lib/keys';
import type { Problem } from '../lib/problem';
import { counted } from '../lib/values';
import type { CommittedRun } from './database/commitRun';
import type { HeldPlan } from './database/plans';
import type { ProblemChanges } from './database/problems';
import { isOverList, type Run, type RunCounts } from './database/runs';

/** How many problems with one code reach the log. */
const LOGGED_PROBLEMS = 5;

interface LoggedRun extends CommittedRun {
  logger: LoggerService;
  run: Run;
  /** Why something is held, without values of records. */
  said?: string;
  /** What the run over the list before it said. */
  heldBefore?: string;
  /** The plan that the run holds. */
  plan?: HeldPlan;
}

export function aboutRun(run: Run): string {
  return `source "${run.source}" (${run.kind} ${run.id})`;
}

/** Logs what a run changed, and what began or ended to be held back or at fault. */
export function logRun(options: LoggedRun): void {
  const { logger, run, end, problems } = options;
  const { counts, outcome } = end;
  const about = aboutRun(run);
  logger[outcome === 'applied' ? 'info' : 'debug'](
    `Synced ${about}, ${counts ? describeCounts(counts) : 'nothing changed'}`,
  );
  logHeld(options, about);
  logProblems({ logger, about, problems });
  const { records = 0, invalid } = counts ?? {};
  if (
    isOverList(run) &&
    problems.began.length > 0 &&
    records > 0 &&
    invalid === records
  ) {
    const all = counted(records, 'record');
    logger.warn(
      `Of ${all} of ${about}, none is valid; what the catalog has stays`,
    );
  }
}

function describeCounts(counts: RunCounts): string {
  const { changed, removed, restored } = counts;
  const records = counted(counts.records, 'record');
  const added = counted(counts.added, 'entity');
  const again = restored
    ? `, ${restored} given again that had been deleted in the catalog`
    : '';
  return `${records}: ${added} added, ${changed} changed, ${removed} removed${again}`;
}

function logHeld(options: LoggedRun, about: string): void {
  const { logger, run, end, asks, plan, heldBefore } = options;
  const { held } = end;
  const { said = held } = options;
  if (held === undefined) {
    if (heldBefore !== undefined && isOverList(run)) {
      logger.info(`Nothing of ${about} is held back any more`);
    }
    return;
  }
  if (run.kind === 'record') {
    // Each webhook begins one, and the plan was logged by the list.
    logger.debug(`In ${about}, ${said}`);
  } else if (asks && plan) {
    const path = `${sourcePath(run.source)}/plan`;
    logger.warn(
      `Held back in ${about}: ${said}. Plan "${plan.hash}" waits for a decision: ` +
        `GET ${path} shows it, POST ${path}/${plan.hash}/approve applies it, POST ${path}/${plan.hash}/reject keeps the entities as they are`,
    );
  } else if (withoutNumbers(held) !== withoutNumbers(heldBefore)) {
    logger.warn(`Held back in ${about}: ${said}`);
  }
}

/** A reason stays the same while only its counts change, from `1 record` to `2 records` too. */
function withoutNumbers(reason: string = ''): string {
  return reason.replace(/\d+( \w+)?/g, '');
}

/** Logs the first problems with each code, and how many more there are. */
export function logProblems(options: {
  logger: LoggerService;
  about: string;
  problems: ProblemChanges;
}): void {
  const { logger, about, problems } = options;
  for (const line of toLines(problems.began)) {
    logger.warn(`In ${about}, ${line}`);
  }
  for (const line of toLines(problems.ended)) {
    logger.info(`No longer in ${about}, ${line}`);
  }
}

function toLines(problems: Problem[]): string[] {
  const byCode = new Map<string, Problem[]>();
  for (const problem of problems) {
    const known = byCode.get(problem.code);
    if (known) {
      known.push(problem);
    } else {
      byCode.set(problem.code, [problem]);
    }
  }
  return [...byCode].flatMap(([code, all]) => {
    const more = all.length - LOGGED_PROBLEMS;
    return [
      ...all
        .slice(0, LOGGED_PROBLEMS)
        .map(({ message }) => `${code}: ${message}`),
      ...(more > 0 ? [`${code}: ${more} more`] : []),
    ];
  });
}
