import type { LoggerService } from '@backstage/backend-plugin-api';
import { unlessHung } from '../lib/deadline';
import type {
  Delivery,
  DeliveryClaim,
  DeliveryTracker,
  Settlement,
} from './delivery';
import { describeError } from './describeError';
import { reportSettled } from './reportSettled';

/** A claim that is kept for as long as one of its deliveries is not settled. */
export interface OpenClaim {
  readonly deliveries: Delivery[];
  /** How many are not settled yet. */
  size(): number;
  /**
   * Settles some of them. Never throws: what could be neither settled nor given
   * back comes free by itself.
   */
  settle(settlements: Map<string, Settlement>): Promise<void>;
  /** Keeps none of them any longer. */
  close(): void;
}

export interface OpenClaimOptions {
  claim: DeliveryClaim;
  /** How long the claim holds; it is extended while settling goes on. */
  leaseMs: number;
  tracker: DeliveryTracker;
  logger: LoggerService;
  now: () => Date;
}

export function openClaim(options: OpenClaimOptions): OpenClaim {
  const { claim, leaseMs, logger, now } = options;
  const open = new Map(claim.deliveries.map(each => [each.id, each]));
  const timer = setInterval(() => {
    const until = new Date(now().getTime() + leaseMs);
    // One that cannot be extended comes free, and is settled once more.
    claim.extend([...open.keys()], until).catch(() => undefined);
  }, leaseMs / 3).unref();
  const close = () => {
    open.clear();
    clearInterval(timer);
  };

  return {
    deliveries: claim.deliveries,
    size: () => open.size,
    close,
    async settle(settlements) {
      if (settlements.size === 0) {
        return;
      }
      const ids = [...settlements.keys()];
      try {
        const settled = await unlessHung(() =>
          claim.settle(settlements, now()),
        );
        for (const [id, settlement] of settlements) {
          // What has passed to another is for that one to tell.
          if (settled.has(id)) {
            reportSettled({ ...options, delivery: open.get(id), settlement });
          }
        }
      } catch (error) {
        logger.warn(
          `${describeDeliveries(
            ids,
          )} could not be settled or given back, and will come free later: ${describeError(
            error,
          )}`,
        );
      }
      ids.forEach(id => open.delete(id));
      if (open.size === 0) {
        close();
      }
    },
  };
}

function describeDeliveries([first, ...others]: string[]): string {
  return others.length === 0
    ? `Delivery '${first}'`
    : `Delivery '${first}' and ${others.length} more`;
}
