import type { DeploymentSubjects } from './deployment';

/** Removes what is older than it has to be kept, in pieces; how many rows. */
export interface RetentionStore {
  /** Settled deliveries that were received before, with their attempts. */
  deleteDeliveries(before: Date, signal: AbortSignal): Promise<number>;
  /** Runs that ended and began before; of each source the last, and the last success, stay. */
  deleteRuns(before: Date, signal: AbortSignal): Promise<number>;
  /** What locations read of records, where no read and no failure is later. */
  deleteReads(before: Date): Promise<number>;
  /** Events of the history from before; heads stay. */
  deleteDeployments(before: Date, signal: AbortSignal): Promise<number>;
  /**
   * Heads that say `removed` and are from before, unless an older one of the
   * same entity and environment would show without.
   */
  deleteRemovedHeads(
    before: Date,
    signal: AbortSignal,
    subjects: Pick<DeploymentSubjects, 'entityRefOf' | 'subjectsOf'>,
  ): Promise<number>;
}
