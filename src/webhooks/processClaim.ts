import type { Settlement } from '../model/delivery';
import { RetryLaterError } from '../model/errors';
import type { SenderSettings } from '../model/settings';
import { afterFailure } from './afterFailure';
import type { Slots } from './createSlots';
import { openClaim, type OpenClaim, type OpenClaimOptions } from './openClaim';
import type { PrepareServices } from './prepareDeliveries';
import { prepareOrFail, type Preparation } from './prepareOrFail';
import { settleDelivery, type SettleServices } from './settleDelivery';
import { withSignals } from './withSignals';

export interface ProcessClaimOptions
  extends PrepareServices,
    SettleServices,
    OpenClaimOptions {
  senders: ReadonlyMap<string, SenderSettings>;
  random: () => number;
  /** How long settling one may take, and so may what all have in common. */
  deadlineMs: number;
  /** For those that fetch something. */
  fetching: Slots;
  /** For those that only tell other plugins. */
  publishing: Slots;
  signal: AbortSignal;
}

/** What is going on with a claim. */
export interface ClaimProgress {
  /** How many deliveries are not settled yet. */
  open(): number;
  /** When all are settled or given back. */
  settled: Promise<void>;
}

/**
 * Records the deliveries of a claim and has what shows them processed; then
 * settles those that need no more together, and the others one by one.
 * Resolves after the first part, so that nobody waits for somebody else's
 * fetch. Never throws.
 */
export async function processClaim(
  options: ProcessClaimOptions,
): Promise<ClaimProgress> {
  const claim = openClaim(options);
  const preparations = await prepareOrFail({
    ...options,
    deliveries: claim.deliveries,
  });
  return {
    open: claim.size,
    settled: settleAll(options, claim, preparations).finally(claim.close),
  };
}

async function settleAll(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparations: Preparation[],
): Promise<void> {
  const slow = preparations.filter(hasToFetch);
  const quick = preparations.filter(each => !hasToFetch(each));
  await Promise.all([
    settleTogether(options, claim, quick),
    ...slow.map(each => settleAlone(options, claim, each)),
  ]);
}

function hasToFetch(preparation: Preparation): boolean {
  return 'prepared' in preparation && preparation.prepared.known === undefined;
}

async function settleTogether(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparations: Preparation[],
): Promise<void> {
  const settlements = await Promise.all(
    preparations.map(each =>
      options.publishing(() => settleOne(options, each)),
    ),
  );
  await claim.settle(toMap(settlements));
}

/** Undefined for one that is left to whoever goes on. */
type Settled = [string, Settlement] | undefined;

function toMap(settlements: Settled[]): Map<string, Settlement> {
  return new Map(settlements.filter(each => each !== undefined));
}

/** Has one wait for its turn; the time that it has runs meanwhile. */
async function settleAlone(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparation: Preparation,
): Promise<void> {
  const { fetching, deadlineMs, signal } = options;
  const settled = await withSignals(
    { signals: [signal], deadlineMs },
    limited =>
      fetching(() =>
        limited.aborted
          ? settleOne(options, withoutTurn(preparation))
          : settleOne(options, preparation, limited),
      ),
  );
  await claim.settle(toMap([settled]));
}

function withoutTurn({ delivery }: Preparation): Preparation {
  const error = new RetryLaterError(
    'More entities are being fetched than there was time for',
  );
  return { delivery, error };
}

async function settleOne(
  options: ProcessClaimOptions,
  preparation: Preparation,
  signal: AbortSignal = options.signal,
): Promise<Settled> {
  const { senders, now, random } = options;
  const { delivery } = preparation;
  try {
    signal.throwIfAborted();
    if ('error' in preparation) {
      throw preparation.error;
    }
    const { prepared } = preparation;
    const sender = senders.get(delivery.sender);
    return [
      delivery.id,
      await settleDelivery({ ...options, prepared, sender, signal }),
    ];
  } catch (error) {
    // Stopped, not failed.
    return options.signal.aborted
      ? undefined
      : [delivery.id, afterFailure({ delivery, error, now: now(), random })];
  }
}
