import type { SchedulerService } from '@backstage/backend-plugin-api';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { durationToMilliseconds } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import { providerName } from '../lib/keys';
import type { SourceSync } from './SourceSync';

/** Lets other plugins start first. */
const DEFAULT_INITIAL_DELAY = { seconds: 30 };

/**
 * The entity provider of one source. Once connected it polls on the source's
 * schedule and reconciles on a schedule of its own; a third task, which each
 * replica runs for itself, looks whether a run is due beside these.
 */
export class CustomDataEntityProvider implements EntityProvider {
  constructor(
    private readonly options: {
      settings: SourceSettings;
      /** Resolves once the tables are ready. Where it rejects, `connect` does. */
      started: Promise<SourceSync>;
      scheduler: SchedulerService;
    },
  ) {}

  getProviderName(): string {
    return providerName(this.options.settings.name);
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    const { settings, started, scheduler } = this.options;
    const sync = await started;
    sync.connect(connection);
    const { poll, paused, schedule, reconcile } = settings;
    if (!poll || paused) {
      return;
    }
    const name = this.getProviderName();
    await scheduler.scheduleTask({
      ...schedule,
      id: `${name}-poll`,
      fn: signal => sync.poll({ kind: 'poll', signal }),
    });
    await scheduler.scheduleTask({
      ...reconcile,
      id: `${name}-reconcile`,
      fn: signal => sync.poll({ kind: 'reconcile', signal }),
    });
    const timeouts = [schedule.timeout, reconcile.timeout].map(duration =>
      durationToMilliseconds(duration),
    );
    await scheduler.scheduleTask({
      id: `${name}-due`,
      scope: 'local',
      frequency: { milliseconds: this.#dueFrequencyMs() },
      timeout: { milliseconds: Math.max(...timeouts) },
      initialDelay: schedule.initialDelay ?? DEFAULT_INITIAL_DELAY,
      fn: signal => this.#runIfDue(sync, signal),
    });
  }

  /** Often enough to notice the end of the shortest back-off, between 1 and 10 seconds. */
  #dueFrequencyMs(): number {
    const { initialMs } = this.options.settings.backoff;
    return Math.min(Math.max(initialMs / 4, 1000), 10_000);
  }

  async #runIfDue(sync: SourceSync, signal: AbortSignal): Promise<void> {
    const kind = await sync.due();
    if (kind) {
      const { schedule, reconcile } = this.options.settings;
      const { timeout } = kind === 'reconcile' ? reconcile : schedule;
      const limit = AbortSignal.timeout(durationToMilliseconds(timeout));
      await sync.poll({ kind, signal: AbortSignal.any([signal, limit]) });
    }
  }
}

/**
 * A provider that emits nothing. Registered for a source that is misconfigured
 * or no longer configured, it keeps the catalog from evicting that source's
 * entities; and it lends its connection to whoever needs to refresh keys.
 */
export class IdleEntityProvider implements EntityProvider {
  #connection: EntityProviderConnection | undefined;
  #setConnected = () => {};
  /** Resolves once the catalog has connected it. */
  readonly connected = new Promise<void>(resolve => {
    this.#setConnected = resolve;
  });

  constructor(
    private readonly options: {
      name: string;
      /** Thrown on connecting, which stops the start and evicts nothing. */
      refusal?: Error;
    },
  ) {}

  getProviderName(): string {
    return this.options.name;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    if (this.options.refusal) {
      throw this.options.refusal;
    }
    this.#connection = connection;
    this.#setConnected();
  }

  get connection(): EntityProviderConnection | undefined {
    return this.#connection;
  }
}
