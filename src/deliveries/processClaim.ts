import type { SenderSettings } from '../config/settings';
import { withSignals } from '../lib/deadline';
import { RetryLaterError } from '../lib/errors';
import { afterFailure, afterLosses } from './afterFailure';
import type { InHand } from './createInHand';
import { createPieces } from './createPieces';
import type { Delivery, Settlement } from './delivery';
import { openClaim, type OpenClaim, type OpenClaimOptions } from './openClaim';
import type { PrepareServices } from './prepareDeliveries';
import { type Preparation, prepareOrFail } from './prepareOrFail';
import {
  settleDelivery,
  type SettleServices,
  type SettleTogether,
} from './settleDelivery';

export interface ProcessClaimOptions
  extends PrepareServices,
    SettleServices,
    SettleTogether,
    OpenClaimOptions {
  senders: ReadonlyMap<string, SenderSettings>;
  preparing: InHand;
  random: () => number;
  /** How long settling one that fetches may take, and so may what all have in common. */
  deadlineMs: number;
  /** How long telling other plugins of the others may take. */
  publishDeadlineMs: number;
  /** For how long what was published is gathered. */
  gatherMs: number;
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
    deliveries: await giveUpLost(claim),
  });
  return {
    open: claim.size,
    settled: settleAll(options, claim, preparations).finally(claim.close),
  };
}

/** Gives up those whose settling ends processes, before that ends this one; the others. */
async function giveUpLost(claim: OpenClaim): Promise<Delivery[]> {
  const lost = new Map<string, Settlement>();
  for (const delivery of claim.deliveries) {
    const settlement = afterLosses(delivery);
    if (settlement) {
      lost.set(delivery.id, settlement);
    }
  }
  await claim.settle(lost);
  return claim.deliveries.filter(({ id }) => !lost.has(id));
}

async function settleAll(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparations: Preparation[],
): Promise<void> {
  const slow = preparations.filter(hasToFetch);
  const quick = preparations.filter(each => !hasToFetch(each));
  const room = options.fetching.room();
  await Promise.all([
    ...slow.slice(0, room).map(each => settleAlone(options, claim, each)),
    settleTogether(options, claim, [
      ...quick,
      ...slow.slice(room).map(withoutTurn),
    ]),
  ]);
}

function hasToFetch(preparation: Preparation): boolean {
  return 'prepared' in preparation && preparation.prepared.known === undefined;
}

function withoutTurn({ delivery }: Preparation): Preparation {
  const error = new RetryLaterError(
    'More entities wait to be fetched than have their turn soon',
  );
  return { delivery, error };
}

async function settleTogether(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparations: Preparation[],
): Promise<void> {
  const { signal, publishDeadlineMs: deadlineMs, gatherMs } = options;
  const pieces = createPieces({ settle: claim.settle, gatherMs });
  await withSignals({ signals: [signal], deadlineMs }, limited =>
    Promise.all(
      preparations.map(async each => {
        const settlement = await settleOne(options, each, limited);
        if (settlement) {
          pieces.add(each.delivery.id, settlement);
        }
      }),
    ),
  );
  await pieces.end();
}

/** Has one wait for its turn; the time that it has runs meanwhile. */
async function settleAlone(
  options: ProcessClaimOptions,
  claim: OpenClaim,
  preparation: Preparation,
): Promise<void> {
  const { deadlineMs, signal } = options;
  const settlement = await withSignals(
    { signals: [signal], deadlineMs },
    limited => settleOne(options, preparation, limited),
  );
  if (settlement) {
    await claim.settle(new Map([[preparation.delivery.id, settlement]]));
  }
}

/** Undefined for one that is left to whoever goes on. */
async function settleOne(
  options: ProcessClaimOptions,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<Settlement | undefined> {
  const { senders, now, random } = options;
  const { delivery } = preparation;
  try {
    signal.throwIfAborted();
    if ('error' in preparation) {
      throw preparation.error;
    }
    const { prepared } = preparation;
    const sender = senders.get(delivery.sender);
    return await settleDelivery({ ...options, prepared, sender, signal });
  } catch (error) {
    // Stopped, not failed.
    return options.signal.aborted
      ? undefined
      : afterFailure({ delivery, error, now: now(), random });
  }
}
