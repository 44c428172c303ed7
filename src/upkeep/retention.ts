import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import type { RetentionSettings } from '../config/settings';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import {
  deleteExpiredTokens,
  deleteOldConflicts,
  deleteOldDeliveries,
  deleteOldDeployments,
  deleteOldReads,
  deleteOldRuns,
  deleteOldSnapshots,
  deleteRemovedDeployments,
} from './database/retention';
import { deleteOldReports } from './cleanUp/database/reports';

/** A location reads its records far more often; a record that was deleted here is read anew. */
const READS_KEPT_MS = 90 * 24 * 3_600_000;

export interface RetentionOptions {
  knex: Knex;
  retention: RetentionSettings;
  /** Says which services are about the same entity. */
  subjects: DeploymentSubjects;
  logger: LoggerService;
  now: () => Date;
  signal: AbortSignal;
}

/**
 * Deletes what is past its retention from the module's tables. A step that
 * fails does not stop the others; the error is thrown at the end.
 */
export async function deleteExpired(options: RetentionOptions): Promise<void> {
  const { logger, signal } = options;
  const removed: string[] = [];
  const errors: unknown[] = [];
  for (const [name, remove] of Object.entries(stepsOf(options))) {
    if (signal.aborted) {
      break;
    }
    try {
      const count = await remove();
      if (count > 0) {
        removed.push(`${count} ${name}`);
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (removed.length > 0) {
    logger.info(`Removed what is past its retention: ${removed.join(', ')}`);
  }
  if (errors.length > 0) {
    throw errors.length === 1
      ? errors[0]
      : new AggregateError(
          errors,
          `${errors.length} steps of deleting what is past its retention failed`,
        );
  }
}

function stepsOf({
  knex,
  retention,
  subjects,
  now,
  signal,
}: RetentionOptions): Record<string, () => Promise<number>> {
  const { deliveriesMs, runsMs, deploymentsMs, snapshotsMs } = retention;
  const ago = (keptMs: number) => new Date(now().getTime() - keptMs);
  return {
    deliveries: () =>
      deleteOldDeliveries({ knex, before: ago(deliveriesMs), signal }),
    runs: () => deleteOldRuns({ knex, before: ago(runsMs), signal }),
    'reports of clean-ups': () =>
      deleteOldReports({ knex, before: ago(runsMs) }),
    conflicts: () => deleteOldConflicts({ knex, before: ago(runsMs) }),
    'reads of locations': () =>
      deleteOldReads({ knex, before: ago(READS_KEPT_MS) }),
    'expired tokens': () =>
      deleteExpiredTokens({ knex, before: now(), signal }),
    deployments: () =>
      deleteOldDeployments({ knex, before: ago(deploymentsMs), signal }),
    'removed deployments': () =>
      deleteRemovedDeployments({
        knex,
        // Older deliveries would bring a removed deployment back when they are
        // delivered again.
        before: ago(Math.max(deploymentsMs, deliveriesMs)),
        signal,
        subjects,
      }),
    snapshots: () =>
      deleteOldSnapshots({
        knex,
        before: ago(snapshotsMs),
        max: retention.maxSnapshots,
        now: now(),
      }),
  };
}
