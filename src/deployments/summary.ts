/*
 * Figures of software delivery, by DORA's definitions
 * (https://dora.dev/guides/dora-metrics-four-keys/). Pure.
 */
import { type Deployment, destinationName } from './deployment';

/** Figures that can be added up over services. */
export interface DeliveryFigures {
  /** Deployments that were tried. */
  changes: number;
  /** Successful ones. */
  deployments: number;
  /** Those that failed, or that a rollback took back. */
  failed: number;
  /** How long each failure lasted, in milliseconds. */
  restoreTimes: number[];
  /** From each commit to its successful deployment, in milliseconds. */
  leadTimes: number[];
}

export function noFigures(): DeliveryFigures {
  return {
    changes: 0,
    deployments: 0,
    failed: 0,
    restoreTimes: [],
    leadTimes: [],
  };
}

/** What one destination went through so far. */
interface DestinationState {
  /** The last success, unless a rollback took it back. */
  success?: Deployment;
  /** Since when it has been failing, in milliseconds since 1970. */
  failingSince?: number;
}

/**
 * Counts the deployments of one entity, given in the order in which they
 * happened.
 *
 * A failure lasts until the next success or rollback in the same destination,
 * and further failures until then belong to it. A rollback without a reported
 * failure means that the success before it had failed from the start.
 */
export class DeliveryCounter {
  readonly figures = noFigures();
  private readonly states = new Map<string, DestinationState>();

  add(deployment: Deployment): void {
    const destination = destinationName(deployment);
    const state = this.states.get(destination) ?? {};
    this.states.set(destination, state);
    const at = Date.parse(deployment.eventAt);
    if (deployment.status === 'success') {
      this.figures.changes += 1;
      this.figures.deployments += 1;
      this.addLeadTime(deployment);
      this.restore(state, at);
      state.success = deployment;
    } else if (deployment.status === 'failure') {
      // What failed after it was deployed is one change, however often it is reported.
      const isDeployed = state.success?.version === deployment.version;
      this.figures.changes += isDeployed ? 0 : 1;
      this.figures.failed +=
        isDeployed && state.failingSince !== undefined ? 0 : 1;
      state.failingSince ??= at;
    } else if (deployment.status === 'rollback') {
      if (state.success && state.failingSince === undefined) {
        this.figures.failed += 1;
        state.failingSince = Date.parse(state.success.eventAt);
      }
      this.restore(state, at);
      state.success = undefined;
    }
  }

  private addLeadTime({ commitTime, eventAt }: Deployment): void {
    if (commitTime !== undefined) {
      const time = Date.parse(eventAt) - Date.parse(commitTime);
      this.figures.leadTimes.push(Math.max(0, time));
    }
  }

  private restore(state: DestinationState, at: number): void {
    if (state.failingSince !== undefined) {
      this.figures.restoreTimes.push(at - state.failingSince);
      state.failingSince = undefined;
    }
  }
}

export function addFigures(sum: DeliveryFigures, more: DeliveryFigures): void {
  sum.changes += more.changes;
  sum.deployments += more.deployments;
  sum.failed += more.failed;
  more.restoreTimes.forEach(time => sum.restoreTimes.push(time));
  more.leadTimes.forEach(time => sum.leadTimes.push(time));
}

/** Figures as they are shown: `null` where nothing was there to measure. */
export function presentFigures(figures: DeliveryFigures, windowMs: number) {
  const { changes, deployments, failed, restoreTimes, leadTimes } = figures;
  return {
    changes,
    deployments,
    failed,
    deploymentsPerDay: round(deployments / (windowMs / 86_400_000)),
    changeFailureRate: changes === 0 ? null : round(failed / changes),
    medianTimeToRestoreSeconds: medianSeconds(restoreTimes),
    medianLeadTimeSeconds: medianSeconds(leadTimes),
  };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

function medianSeconds(milliseconds: number[]): number | null {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2
      ? sorted[Math.floor(middle)]
      : (sorted[middle - 1] + sorted[middle]) / 2;
  return sorted.length === 0 ? null : Math.round(median / 1000);
}
