import type { LoggerService } from '@backstage/backend-plugin-api';
import { TaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { toDeployment } from '../deployments/deployment';
import type { DeliveryTracker } from '../metrics/deliveries';
import { withSpan } from '../metrics/withSpan';
import { afterFailure, afterLosses, attemptsOf } from './afterFailure';
import {
  claimDeliveries,
  type ClaimedDelivery,
  releaseClaims,
  renewClaims,
} from './database/claim';
import { type Attempt, completeDeliveries } from './database/complete';
import type { Delivery, Outcome } from './delivery';
import type { DeliveryProcessor, RecordedDelivery } from './DeliveryProcessor';
import { describeError } from './describeError';
import { OutageLog } from './OutageLog';

/** How many deliveries are claimed and recorded together. */
const BATCH_SIZE = 100;

/** How many deliveries a process has in flight. */
const MAX_IN_FLIGHT = 1000;

/**
 * The pause after a claim. What arrives meanwhile is claimed together, and a
 * process that takes at most 400 deliveries a second has time to accept more.
 */
const PAUSE_MS = 250;

/** How often an idle worker looks for deliveries that are due. */
const POLL_MS = 2_000;

/** How long a claim holds unless it is renewed: what a killed process delays its deliveries by. */
const LEASE_MS = 15_000;

/** How long a batch may take once it is recorded. */
const BATCH_TIMEOUT_MS = 90_000;

/** How long a claim, recording, and storing outcomes may take. */
const DATABASE_TIMEOUT_MS = 30_000;

/** For how long outcomes are gathered, to be stored together. */
const GATHER_MS = 50;

/** How many deliveries are recorded alone at once, after a batch failed. */
const MAX_ALONE = 5;

/** How long a stop waits for what is in flight, and then for the rest to be given back. */
const STOP_TIMEOUT_MS = 5_000;

// What can fail for long, such as with a full disk. The log begins with these texts.
const CLAIM_FAILED = 'Deliveries could not be claimed';
const RECORD_FAILED = 'A batch of deliveries could not be recorded';
const COMPLETE_FAILED = 'The outcomes of deliveries could not be stored';

/**
 * Processes deliveries that are due. Replicas share the work by claims.
 *
 * The loop claims a batch, records it, and starts to process each delivery. It
 * does not wait for their outcomes, so that a slow entity delays no other.
 */
export class DeliveryWorker {
  private readonly inFlight = new Set<ClaimedDelivery>();
  private readonly batches = new Set<Promise<void>>();
  private readonly outcomes: DataLoader<Attempt, void>;
  private readonly aborted = new AbortController();
  private readonly outages: OutageLog;
  private loop?: Promise<void>;
  private renewal?: NodeJS.Timeout;
  private isStopping = false;
  private isWoken = false;
  private endSleep = () => {};

  constructor(
    private readonly options: {
      knex: Knex;
      processor: Pick<DeliveryProcessor, 'record' | 'process'>;
      tracker: Pick<DeliveryTracker, 'attempted' | 'deployed'>;
      /** Gets each delivery that the catalog is to show soon. */
      onRecorded?: (delivery: Delivery) => void;
      logger: LoggerService;
      now: () => Date;
      /** A number from 0 to 1, for the jitter of retries. */
      random?: () => number;
    },
  ) {
    this.outages = new OutageLog(options);
    setMaxListeners(Infinity, this.aborted.signal);
    this.outcomes = new DataLoader(attempts => this.complete(attempts), {
      cache: false,
      maxBatchSize: BATCH_SIZE,
      batchScheduleFn: callback => setTimeout(callback, GATHER_MS),
    });
  }

  start(): void {
    if (this.isStopping) {
      return;
    }
    this.renewal = setInterval(() => this.renew(), LEASE_MS / 3).unref();
    this.loop = this.run();
  }

  /** Looks for deliveries soon. */
  wake(): void {
    this.isWoken = true;
    this.endSleep();
  }

  /** Waits a limited time for what is in flight, and gives back the rest. */
  async stop(): Promise<void> {
    const { knex, logger, now } = this.options;
    this.isStopping = true;
    this.endSleep();
    await within(STOP_TIMEOUT_MS, async () => {
      await this.loop;
      await Promise.all(this.batches);
    }).catch(() => undefined);
    clearInterval(this.renewal);
    this.aborted.abort();
    const deliveries = [...this.inFlight];
    try {
      await within(STOP_TIMEOUT_MS, () =>
        releaseClaims({ knex, deliveries, now: now() }),
      );
    } catch (error) {
      const reason = describeError(error);
      logger.warn(`Deliveries in flight could not be given back: ${reason}`);
    }
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.isWoken = false;
      let count = 0;
      try {
        if (this.inFlight.size + BATCH_SIZE <= MAX_IN_FLIGHT) {
          ({ count } = await this.claim());
          this.outages.worked(CLAIM_FAILED);
        }
      } catch (error) {
        this.outages.failed(CLAIM_FAILED, error);
      }
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
      if (count < BATCH_SIZE) {
        await this.sleepUntilWoken();
      }
    }
  }

  /** Returns at once where `wake` was called since the last claim. */
  private async sleepUntilWoken(): Promise<void> {
    if (!this.isWoken && !this.isStopping) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, POLL_MS);
        this.endSleep = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /**
   * Claims a batch, records it, and starts to process each of its deliveries.
   * `ended` resolves when all of them have an outcome.
   */
  async claim(): Promise<{ count: number; ended?: Promise<void> }> {
    const { knex, now } = this.options;
    const deliveries = await within(DATABASE_TIMEOUT_MS, () =>
      claimDeliveries({
        knex,
        limit: BATCH_SIZE,
        leaseMs: LEASE_MS,
        now: now(),
      }),
    );
    if (deliveries.length === 0) {
      return { count: 0 };
    }
    deliveries.forEach(each => this.inFlight.add(each));
    const batch = await this.giveUpLost(deliveries);
    const recorded = await this.record(batch);
    recorded.forEach(each => this.measureRecorded(each));
    const ended = this.process(batch, recorded).finally(() => {
      this.batches.delete(ended);
      this.wake();
    });
    this.batches.add(ended);
    return { count: deliveries.length, ended };
  }

  /** Gives up deliveries that may end this process too, before it works on them. Returns the others. */
  private async giveUpLost(
    deliveries: ClaimedDelivery[],
  ): Promise<ClaimedDelivery[]> {
    const lost = deliveries.flatMap(delivery => {
      const outcome = afterLosses(delivery);
      return outcome ? [{ delivery, outcome }] : [];
    });
    if (lost.length > 0) {
      await this.complete(lost);
    }
    return deliveries.filter(each => this.inFlight.has(each));
  }

  /** Records a batch or, where that fails, each delivery alone: one at fault costs no other. */
  private async record(batch: ClaimedDelivery[]): Promise<Recording[]> {
    const { processor } = this.options;
    const failAll = (reason: unknown): Recording[] =>
      batch.map(() => ({ status: 'rejected', reason }));
    try {
      const recorded = await within(DATABASE_TIMEOUT_MS, () =>
        processor.record(batch),
      );
      this.outages.worked(RECORD_FAILED);
      return recorded.map(value => ({ status: 'fulfilled', value }));
    } catch (error) {
      // Where the database hangs, it hangs for each of them.
      if (batch.length === 1 || error instanceof TaskCancelledError) {
        return failAll(error);
      }
      this.outages.failed(RECORD_FAILED, error);
    }
    const limit = pLimit(MAX_ALONE);
    return within(DATABASE_TIMEOUT_MS, () =>
      Promise.allSettled(
        batch.map(each =>
          limit(async () => (await processor.record([each]))[0]),
        ),
      ),
    ).catch(failAll);
  }

  private async process(
    batch: ClaimedDelivery[],
    recorded: Recording[],
  ): Promise<void> {
    const batchTimeout = timeout(BATCH_TIMEOUT_MS, TimeoutStrategy.Cooperative);
    await batchTimeout.execute(async ({ signal }) => {
      setMaxListeners(Infinity, signal);
      await Promise.all(
        batch.map((delivery, i) => this.attempt(delivery, recorded[i], signal)),
      );
    }, this.aborted.signal);
  }

  private async attempt(
    delivery: ClaimedDelivery,
    recording: Recording,
    signal: AbortSignal,
  ): Promise<void> {
    const { processor, now, random = Math.random } = this.options;
    let outcome: Outcome;
    try {
      if (recording.status === 'rejected') {
        throw recording.reason;
      }
      const { value } = recording;
      outcome = await withSpan(
        'custom_data.delivery',
        { sender: delivery.sender, delivery: delivery.id },
        () => processor.process(value, signal),
      );
    } catch (error) {
      if (this.aborted.signal.aborted) {
        // It did not fail; `stop` gives it back.
        return;
      }
      const reason = signal.aborted
        ? new Error(`It took over ${BATCH_TIMEOUT_MS / 1000} seconds`)
        : error;
      outcome = afterFailure({ delivery, error: reason, now: now(), random });
    }
    await this.outcomes.load({ delivery, outcome });
  }

  /** Never throws. An outcome that cannot be stored is lost with its claim, and the delivery is processed again. */
  private async complete(attempts: readonly Attempt[]): Promise<void[]> {
    const { knex, now } = this.options;
    try {
      const completed = await within(DATABASE_TIMEOUT_MS, () =>
        completeDeliveries({ knex, attempts, now: now() }),
      );
      this.outages.worked(COMPLETE_FAILED);
      completed.forEach(each => this.report(each));
    } catch (error) {
      this.outages.failed(COMPLETE_FAILED, error);
    }
    return attempts.map(({ delivery }) => {
      this.inFlight.delete(delivery);
    });
  }

  private report({ delivery, outcome }: Attempt): void {
    const { logger, tracker, now } = this.options;
    const { id, sender, queuedAt } = delivery;
    const { state, reason, retryAt } = outcome;
    const ageMs = Math.max(0, now().getTime() - queuedAt.getTime());
    tracker.attempted({ sender, state, ageMs });
    const attempts = attemptsOf(delivery);
    if (state === 'failed') {
      logger.info(
        `Delivery "${id}" failed on attempt ${attempts}, next at ${retryAt?.toISOString()}: ${reason}`,
      );
    } else if (state === 'dead') {
      logger.error(
        `Delivery "${id}" of sender "${sender}" is given up after ${attempts} attempts: ${reason}`,
      );
    } else {
      const why = reason === undefined ? '' : `: ${reason}`;
      logger.info(`Delivery "${id}" of sender "${sender}" is ${state}${why}`);
    }
  }

  /** Each delivery counts once, whatever becomes of it and however often it is delivered. */
  private measureRecorded(recording: Recording): void {
    const { tracker, onRecorded } = this.options;
    if (recording.status === 'rejected') {
      return;
    }
    const { delivery, changes, exists } = recording.value;
    if (delivery.attempts > 1) {
      return;
    }
    tracker.deployed(toDeployment(delivery));
    // Where it is not known to exist, it may appear with its fetch.
    if (changes && exists !== false) {
      onRecorded?.(delivery);
    }
  }

  private renew(): void {
    const { knex, now } = this.options;
    const until = new Date(now().getTime() + LEASE_MS);
    // A claim that cannot be renewed runs out, and the delivery is processed again.
    renewClaims({ knex, deliveries: [...this.inFlight], until }).catch(
      () => {},
    );
  }
}

type Recording = PromiseSettledResult<RecordedDelivery>;

/** Rejects where that takes longer. What was started goes on, and may still take effect. */
function within<T>(ms: number, run: () => Promise<T>): Promise<T> {
  return timeout(ms, TimeoutStrategy.Aggressive).execute(run);
}
