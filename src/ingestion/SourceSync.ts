import type {
  EntityProviderConnection,
  EntityProviderMutation,
} from '@backstage/plugin-catalog-node';
import { randomUUID } from 'node:crypto';
import type { SourceSettings } from '../config/settings';
import { abortable } from '../lib/abort';
import { RetryLaterError } from '../lib/errors';
import type { Run, RunKind, SourceState } from './database/SyncStore';
import { failRun } from './failRun';
import { fingerprintOf } from './fingerprint';
import type { RunContext, SyncOptions } from './runContext';
import { runList } from './runList';
import { type RecordSyncOutcome, runRecord } from './runRecord';
import { withLease } from './withLease';

const BUSY_RETRY_MS = 1000;

/**
 * Keeps the catalog's entities of one source equal to its records: fetch, map,
 * validate, plan, apply, and only then write down what was done.
 *
 * Runs of a source exclude each other over all replicas by its lease. A run
 * that fails is recorded, and thrown.
 */
export class SourceSync {
  readonly #options: SyncOptions;
  readonly #fingerprint: string;
  #connection: EntityProviderConnection | undefined;
  #lastRecord: Promise<unknown> = Promise.resolve();
  /** Until one run of this process succeeded, runs apply all entities. */
  #started = false;
  /** A reconcile that could not begin when it was its time. */
  #owesReconcile = false;

  static create(options: SyncOptions): SourceSync {
    return new SourceSync(options);
  }

  private constructor(options: SyncOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.settings, options.shape);
  }

  get settings(): SourceSettings {
    return this.#options.settings;
  }

  /** How long one run may take, in milliseconds. */
  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  connect(connection: EntityProviderConnection): void {
    this.#connection = connection;
  }

  /** Undefined until the catalog has connected its provider. */
  get connection(): EntityProviderConnection | undefined {
    return this.#connection;
  }

  /**
   * Polls the list, unless the source is paused, backing off, or another
   * replica is at it. A reconcile asks for the whole list and applies all of it.
   */
  async poll(options: {
    kind: Exclude<RunKind, 'record'>;
    signal: AbortSignal;
  }): Promise<void> {
    const { settings, store, now } = this.#options;
    const { retryAt, paused } = await store.readState(settings.name);
    if (settings.paused || paused) {
      return;
    }
    const isReconcile = options.kind === 'reconcile';
    this.#owesReconcile ||= isReconcile;
    if (retryAt && retryAt > now()) {
      return;
    }
    await this.#run({
      ...options,
      work: async context => {
        await runList(context, !this.#started || isReconcile);
        this.#started = true;
        this.#owesReconcile &&= !isReconcile;
      },
    });
  }

  /**
   * Why a run is due beside the schedules: none of this process succeeded yet,
   * a back-off has ended, removals were approved, a run died with its process,
   * or a reconcile met another run.
   */
  async due(): Promise<'startup' | 'retry' | 'reconcile' | undefined> {
    const { settings, store, now } = this.#options;
    const { retryAt, lease, paused } = await store.readState(settings.name);
    if (settings.paused || paused) {
      return undefined;
    }
    if (retryAt) {
      return retryAt <= now() ? 'retry' : undefined;
    }
    if (!this.#started && !isManual(settings)) {
      return 'startup';
    }
    if (lease) {
      return lease.expiresAt <= now() ? 'retry' : undefined;
    }
    if (this.#owesReconcile) {
      return 'reconcile';
    }
    return (await store.approvalWaits(settings.name, now()))
      ? 'retry'
      : undefined;
  }

  /**
   * Fetches one record and applies what it gives. Nothing is removed because
   * the source no longer knows it.
   *
   * @throws RetryLaterError while the source is paused, backs off or is busy.
   */
  async syncRecord(options: {
    recordId: string;
    signal: AbortSignal;
  }): Promise<RecordSyncOutcome> {
    // One after the other, since they would find each other's lease.
    const turn = this.#lastRecord.then(() => this.#syncRecord(options));
    this.#lastRecord = turn.catch(() => undefined);
    return abortable(turn, options.signal);
  }

  async #syncRecord(options: {
    recordId: string;
    signal: AbortSignal;
  }): Promise<RecordSyncOutcome> {
    options.signal.throwIfAborted();
    const { settings, now } = this.#options;
    await this.#assertMayAsk();
    const done = await this.#run({
      kind: 'record',
      signal: options.signal,
      work: context => runRecord(context, options.recordId),
    });
    if (!done) {
      throw new RetryLaterError(
        `Source "${settings.name}" is busy with another run`,
        { retryAt: new Date(now().getTime() + BUSY_RETRY_MS) },
      );
    }
    return done.result;
  }

  /**
   * Makes sure that a poll would begin a run now.
   *
   * @throws RetryLaterError while the source is paused, backs off, is busy or
   * not connected.
   */
  async assertMayPoll(): Promise<void> {
    const { lease } = await this.#assertMayAsk();
    const { settings, now } = this.#options;
    if (lease && lease.expiresAt > now()) {
      throw new RetryLaterError(
        `Source "${settings.name}" is busy with another run`,
      );
    }
    this.#connected();
  }

  async #assertMayAsk(): Promise<SourceState> {
    const { settings, store, now } = this.#options;
    const state = await store.readState(settings.name);
    if (settings.paused || state.paused) {
      throw new RetryLaterError(`Source "${settings.name}" is paused`);
    }
    if (state.retryAt && state.retryAt > now()) {
      throw new RetryLaterError(
        `Source "${
          settings.name
        }" backs off until ${state.retryAt.toISOString()}`,
        { retryAt: state.retryAt },
      );
    }
    return state;
  }

  #connected(): EntityProviderConnection {
    if (!this.#connection) {
      throw new RetryLaterError(
        `Source "${
          this.#options.settings.name
        }" is not connected to the catalog yet`,
      );
    }
    return this.#connection;
  }

  async #run<T>(options: {
    kind: RunKind;
    signal: AbortSignal;
    work: (context: RunContext) => Promise<T>;
  }): Promise<{ result: T } | undefined> {
    const { settings, store, now } = this.#options;
    const connection = this.#connected();
    const run: Run = {
      id: randomUUID(),
      source: settings.name,
      kind: options.kind,
      startedAt: now(),
    };
    return withLease({
      store,
      run,
      now,
      signal: options.signal,
      work: async signal => {
        let inPart = false;
        const context = {
          ...this.#options,
          fingerprint: this.#fingerprint,
          connection: {
            refresh: connection.refresh.bind(connection),
            applyMutation(mutation: EntityProviderMutation) {
              inPart = true;
              return connection.applyMutation(mutation);
            },
          },
          run,
          signal,
        };
        let state: SourceState = { failures: 0 };
        try {
          state = await store.readState(settings.name);
          return await options.work({ ...context, state });
        } catch (error) {
          await failRun({ ...context, state }, error, { inPart });
          throw error;
        }
      },
    });
  }
}

/** Whether people alone begin its runs. */
function isManual({ schedule: { frequency } }: SourceSettings): boolean {
  return 'trigger' in frequency;
}
