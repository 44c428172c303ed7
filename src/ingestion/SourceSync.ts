import type {
  EntityProviderConnection,
  EntityProviderMutation,
} from '@backstage/plugin-catalog-node';
import { durationToMilliseconds } from '@backstage/types';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { SourceSettings } from '../config/source';
import { abortable } from '../lib/abort';
import { RetryLaterError } from '../lib/errors';
import { quoteValue } from '../lib/values';
import { removeExpiredPins } from './database/pins';
import { hasUnusedApproval } from './database/plans';
import {
  type ChangeKind,
  type ListRunKind,
  readSourceState,
  type Run,
  type RunKind,
  type SourceState,
} from './database/runs';
import { failRun } from './completeRun';
import { type DryRun, dryRun } from './dryRun/dryRun';
import { refusalOf, toRetryLater } from './fetchRecord';
import { fingerprintOf } from './fingerprint';
import { withLease } from './lease';
import { withSpan } from '../metrics/withSpan';
import type { ValidationSettings } from '../validation/createEntityValidator';
import type { RunContext, SyncOptions } from './runContext';
import { runList } from './runList';
import { type RecordSyncOutcome, runRecord } from './runRecord';
import { nameTimeLimit } from './timeLimit';

const BUSY_RETRY_MS = 1000;

/** How often, and how many times, a change asks for the lease of a busy source. */
const CHANGE_RETRY_MS = 100;
const CHANGE_TRIES = 100;

/**
 * Keeps the catalog's entities of one source equal to its records: fetch, map,
 * validate, plan, apply, and only then write down what was done.
 *
 * The lease of a source allows one run at a time over all replicas. A run that
 * fails is recorded, and throws.
 */
export class SourceSync {
  readonly #options: SyncOptions;
  readonly #fingerprint: string;
  #connection: EntityProviderConnection | undefined;
  /** One record at a time, since each needs the lease. */
  readonly #records = pLimit(1);
  readonly #changes = pLimit(1);
  /** Until one run of this process succeeded, runs apply all entities. */
  #started = false;
  /** A poll that was due while the source was left alone. */
  #owesPoll = false;
  /** A reconcile that could not begin when it was scheduled. */
  #owesReconcile = false;
  /** Somebody asked for the list since the last run over it began. */
  #wantsList = false;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.settings, options.shape);
  }

  get settings(): SourceSettings {
    return this.#options.settings;
  }

  /** What its entities are held to, whoever gives them. */
  get gate(): ValidationSettings {
    const { settings, shape } = this.#options;
    return { ...settings, placeholders: shape?.placeholders };
  }

  /** How long one run may take. */
  get timeoutMs(): number {
    return durationToMilliseconds(this.settings.schedule.timeout);
  }

  connect(connection: EntityProviderConnection): void {
    this.#connection = connection;
  }

  /** Undefined until the catalog has connected its provider. */
  get connection(): EntityProviderConnection | undefined {
    return this.#connection;
  }

  /**
   * Polls the list, unless the source is paused, backs off, or another run is
   * under way. A reconcile asks for the whole list and applies all of it.
   */
  async poll(options: {
    kind: ListRunKind;
    signal: AbortSignal;
    /** Gets the id of the run. */
    onBegun?: (runId: string) => void;
  }): Promise<void> {
    const refusal = this.#refusalIn(await this.#readState());
    const isPaused = refusal && !refusal.retryAt;
    if (isPaused) {
      return;
    }
    const isReconcile = options.kind === 'reconcile';
    this.#owesReconcile ||= isReconcile;
    if (refusal) {
      this.#owesPoll = true;
      return;
    }
    const { knex, now } = this.#options;
    const source = this.settings.name;
    const carriesOut =
      !isReconcile && (await hasUnusedApproval({ knex, source, now: now() }));
    await this.#run({
      ...options,
      kind: carriesOut ? 'approved' : options.kind,
      doing: 'reading the list',
      work: async context => {
        this.#wantsList = false;
        await runList(context, !this.#started || isReconcile);
        this.#started = true;
        this.#owesPoll = false;
        this.#owesReconcile &&= !isReconcile;
      },
    });
  }

  /**
   * Why a run is due beside the schedules. `startup`: none of this process
   * succeeded yet. `retry`: a back-off or a wait that a poll fell into has ended,
   * or a run died with its process. `reconcile`: one met another run. `approved`:
   * a plan was approved. `manual`: somebody asked for the list.
   */
  async due(): Promise<
    'startup' | 'retry' | 'reconcile' | 'approved' | 'manual' | undefined
  > {
    const { knex, now } = this.#options;
    const state = await this.#readState();
    if (this.#refusalIn(state)) {
      return undefined;
    }
    const { retryAt, failures, lease } = state;
    if (retryAt && (failures > 0 || this.#owesPoll)) {
      return 'retry';
    }
    if (!this.#started && !isManual(this.settings)) {
      return 'startup';
    }
    if (lease) {
      return lease.expiresAt <= now() ? 'retry' : undefined;
    }
    if (this.#owesReconcile) {
      return 'reconcile';
    }
    if (this.#wantsList) {
      return 'manual';
    }
    const source = this.settings.name;
    return (await hasUnusedApproval({ knex, source, now: now() }))
      ? 'approved'
      : undefined;
  }

  /** Whether single records cannot be fetched. */
  get isListOnly(): boolean {
    return this.#options.source.isListOnly ?? false;
  }

  /**
   * Starts one run over the list soon, however often it is called.
   *
   * @throws RetryLaterError while the source is paused or backs off.
   */
  async requestList(): Promise<void> {
    await this.assertMayAsk();
    this.#wantsList = true;
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
    /** Gets the id of the run. */
    onBegun?: (runId: string) => void;
  }): Promise<RecordSyncOutcome> {
    const { recordId, signal } = options;
    const { settings, now } = this.#options;
    const run = { kind: 'record' as const, startedAt: now() };
    return abortable(
      this.#records(() => this.#syncRecord(options)),
      signal,
    ).catch(error => {
      throw nameTimeLimit(error, {
        settings,
        run,
        doing: `syncing record ${quoteValue(recordId)}`,
        signal,
        endedAt: now(),
      });
    });
  }

  async #syncRecord(options: {
    recordId: string;
    signal: AbortSignal;
    onBegun?: (runId: string) => void;
  }): Promise<RecordSyncOutcome> {
    const { recordId, signal, onBegun } = options;
    signal.throwIfAborted();
    await this.assertMayAsk();
    const done = await this.#run({
      kind: 'record',
      signal,
      onBegun,
      doing: `syncing record ${quoteValue(recordId)}`,
      work: context => runRecord(context, recordId),
    });
    if (!done) {
      throw this.#busy();
    }
    return done.result;
  }

  /**
   * Runs what changes entities without asking the source, so also while the
   * source is paused or backs off. Waits some seconds for a run that is under way.
   *
   * @throws RetryLaterError if the source stays busy.
   */
  async change<T>(options: {
    /** `manual` for a list that is given in place of the source's own. */
    kind: ChangeKind | 'manual';
    signal: AbortSignal;
    work: (context: RunContext) => Promise<T>;
  }): Promise<T> {
    const { kind, signal } = options;
    return this.#changes(async () => {
      for (let tries = 0; tries < CHANGE_TRIES; tries++) {
        const done = await this.#run({ ...options, doing: `its ${kind}` });
        if (done) {
          return done.result;
        }
        await setTimeout(CHANGE_RETRY_MS, undefined, { signal });
      }
      throw this.#busy();
    });
  }

  /**
   * Makes sure that a poll would begin a run now.
   *
   * @throws RetryLaterError while the source is paused, backs off, is busy or
   * not connected.
   */
  async assertMayPoll(): Promise<void> {
    const { lease } = await this.assertMayAsk();
    if (lease && lease.expiresAt > this.#options.now()) {
      throw this.#busy();
    }
    this.#connected();
  }

  /**
   * What a run over the list would do now, with other parts than the source's
   * own where they are given. Nothing is written; but an API that asks to be
   * left alone is left alone. `assertMayAsk` says whether the source may be asked.
   */
  async dryRun(options: {
    /** Of a mapping that is tried, or of an answer in place of the source's. */
    parts?: Partial<SyncOptions>;
    /** Whether the source itself is asked. */
    asks: boolean;
    limit: number;
    signal: AbortSignal;
  }): Promise<DryRun> {
    const { parts, ...how } = options;
    const state = await this.#readState();
    return dryRun(
      { ...this.#options, ...parts },
      { ...how, state, wantsFull: !this.#started },
    );
  }

  /**
   * Makes sure that the source may be asked now.
   *
   * @throws RetryLaterError while the source is paused or backs off.
   */
  async assertMayAsk(): Promise<SourceState> {
    const { settings } = this.#options;
    const state = await this.#readState();
    const refusal = this.#refusalIn(state);
    if (refusal) {
      throw toRetryLater(settings, refusal);
    }
    return state;
  }

  #refusalIn(state: SourceState) {
    const { settings, now } = this.#options;
    return refusalOf({ settings, state, now: now() });
  }

  #busy(): RetryLaterError {
    const { settings, now } = this.#options;
    return new RetryLaterError(
      `Source "${settings.name}" is busy with another run`,
      { retryAt: new Date(now().getTime() + BUSY_RETRY_MS) },
    );
  }

  #connected(): EntityProviderConnection {
    if (!this.#connection) {
      throw new RetryLaterError(
        `Source "${this.settings.name}" is not connected to the catalog yet`,
      );
    }
    return this.#connection;
  }

  #readState(): Promise<SourceState> {
    const { knex, settings } = this.#options;
    return readSourceState({ knex, source: settings.name });
  }

  async #run<T>(options: {
    kind: RunKind;
    signal: AbortSignal;
    onBegun?: (runId: string) => void;
    doing: string;
    work: (context: RunContext) => Promise<T>;
  }): Promise<{ result: T } | undefined> {
    const { settings, now } = this.#options;
    const connection = this.#connected();
    const run: Run = {
      id: randomUUID(),
      source: settings.name,
      kind: options.kind,
      startedAt: now(),
    };
    return withLease({
      ...this.#options,
      run,
      signal: options.signal,
      work: async signal => {
        options.onBegun?.(run.id);
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
          progress: { doing: options.doing },
        };
        let state: SourceState = { failures: 0 };
        try {
          const { source } = run;
          await removeExpiredPins({ ...context, source, now: now() });
          state = await this.#readState();
          const reusable =
            state.fingerprint === this.#fingerprint && run.kind !== 'reconcile';
          const runContext = { ...context, state, reusable };
          return await withSpan(
            'custom_data.run',
            { source: run.source, kind: run.kind, run: run.id },
            () => options.work(runContext),
          );
        } catch (thrown) {
          const error = nameTimeLimit(thrown, {
            ...context,
            ...context.progress,
            endedAt: now(),
          });
          await failRun({ ...context, state }, error, { inPart });
          throw error;
        }
      },
    });
  }
}

/** Whether it is polled only when somebody asks for it. */
function isManual({ schedule: { frequency } }: SourceSettings): boolean {
  return 'trigger' in frequency;
}
