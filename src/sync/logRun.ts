import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Problem } from '../model/problem';
import type { Run, RunEnd } from '../model/sync';

/** How many problems of one run reach the log. */
const LOGGED_PROBLEMS = 5;

/** Says what a run changed, what it held back and what is wrong with records. */
export function logRun(options: {
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
