import type { LoggerService } from '@backstage/backend-plugin-api';
import type { RetentionSettings } from '../config/settings';
import type { DeploymentSubjects } from '../deployments/deployment';
import type { RetentionStore } from './database/retention';

/** A location that is still there reads far more often; what is gone is read anew. */
const READS_KEPT_MS = 90 * 24 * 3_600_000;

/** Removes what is older than it is kept. */
export type Cleanup = (signal: AbortSignal) => Promise<void>;

/**
 * Creates the clean-up of the module's tables. A part that fails keeps no other
 * from going; the run fails in the end.
 */
export function createCleanup(options: {
  retention: RetentionSettings;
  store: RetentionStore;
  /** Tells which deployments are about the same entity. */
  subjects: Pick<DeploymentSubjects, 'entityRefOf' | 'subjectsOf'>;
  logger: LoggerService;
  now: () => Date;
}): Cleanup {
  const { retention, store, subjects, logger, now } = options;
  const before = (keptMs: number) => new Date(now().getTime() - keptMs);
  return async signal => {
    const parts = [
      {
        name: 'deliveries',
        remove: () =>
          store.deleteDeliveries(before(retention.deliveriesMs), signal),
      },
      {
        name: 'runs',
        remove: () => store.deleteRuns(before(retention.runsMs), signal),
      },
      {
        name: 'reads of locations',
        remove: () => store.deleteReads(before(READS_KEPT_MS)),
      },
      {
        name: 'deployments',
        remove: () =>
          store.deleteDeployments(before(retention.deploymentsMs), signal),
      },
      {
        name: 'removed deployments',
        // Deliveries from before would bring it back when delivered again.
        remove: () =>
          store.deleteRemovedHeads(
            before(Math.max(retention.deploymentsMs, retention.deliveriesMs)),
            signal,
            subjects,
          ),
      },
    ];
    const removed: string[] = [];
    const errors: unknown[] = [];
    for (const { name, remove } of parts) {
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
    throwAll(errors);
  };
}

function throwAll(errors: unknown[]): void {
  if (errors.length === 1) {
    throw errors[0];
  }
  if (errors.length > 1) {
    throw new AggregateError(
      errors,
      `${errors.length} parts of the clean-up failed`,
    );
  }
}
