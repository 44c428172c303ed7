import type { LoggerService } from '@backstage/backend-plugin-api';
import type { ClaimedDelivery } from '../model/delivery';
import type { SenderSettings } from '../model/settings';
import { afterFailure } from './afterFailure';
import { describeError } from './describeError';
import { settleDelivery, type SettleServices } from './settleDelivery';
import { withSignals } from './withSignals';

export interface ProcessClaimOptions extends SettleServices {
  claim: ClaimedDelivery;
  senders: ReadonlyMap<string, SenderSettings>;
  logger: LoggerService;
  now: () => Date;
  random: () => number;
  /** How long the claim holds; it is extended while settling goes on. */
  leaseMs: number;
  /** How long settling may take. */
  deadlineMs: number;
  signal: AbortSignal;
}

/**
 * Settles a claimed delivery, or gives it back. Never throws: a claim that
 * could be neither settled nor given back comes free by itself.
 */
export async function processClaim(
  options: ProcessClaimOptions,
): Promise<void> {
  const { claim, senders, logger, now, deadlineMs, signal } = options;
  const { delivery } = claim;
  const stopExtending = keepClaim(options);
  try {
    const settlement = await withSignals(
      { signals: [signal], deadlineMs },
      limited =>
        settleDelivery({
          ...options,
          delivery,
          sender: senders.get(delivery.sender),
          signal: limited,
        }),
    );
    await claim.settle(settlement.state, now(), settlement.reason);
  } catch (error) {
    // Stopped, not failed: the claim is left to whoever goes on.
    if (signal.aborted) {
      return;
    }
    await giveBack(options, error).catch(cause =>
      logger.warn(
        `Delivery '${
          delivery.id
        }' could not be given back and comes free later: ${describeError(
          cause,
        )}`,
      ),
    );
  } finally {
    stopExtending();
  }
}

function keepClaim({ claim, leaseMs, now }: ProcessClaimOptions): () => void {
  const timer = setInterval(() => {
    // One that cannot be extended comes free, and is settled once more.
    claim.extend(new Date(now().getTime() + leaseMs)).catch(() => undefined);
  }, leaseMs / 3).unref();
  return () => clearInterval(timer);
}

async function giveBack(
  options: ProcessClaimOptions,
  error: unknown,
): Promise<void> {
  const { claim, logger, now, random } = options;
  const { delivery } = claim;
  const reason = describeError(error);
  const next = afterFailure({ delivery, error, now: now(), random });
  if (next.type === 'retry') {
    await claim.retry({ at: next.at, reason });
    logger.info(
      `Delivery '${delivery.id}' failed on attempt ${
        delivery.attempts
      }, next at ${next.at.toISOString()}: ${reason}`,
    );
    return;
  }
  await claim.settle('dead', now(), reason);
  logger.error(
    `Delivery '${delivery.id}' of sender '${delivery.sender}' is given up after ${delivery.attempts} attempts: ${reason}`,
  );
}
