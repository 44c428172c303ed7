import type { SchedulerService } from '@backstage/backend-plugin-api';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { HumanDuration } from '@backstage/types';
import type { SourceSettings } from '../config/settings';
import { providerName } from '../lib/keys';
import type { SourceSync } from './SourceSync';
import { milliseconds } from './schedules';

/** Other plugins have their turn first. */
const FIRST_LOOK = { seconds: 30 };

/**
 * The entity provider of one source. Once connected it polls on the source's
 * schedule and reconciles on that of its own; a third task, which each replica
 * runs for itself, looks whether a run is due beside these.
 */
export class CustomDataEntityProvider implements EntityProvider {
  readonly #settings: SourceSettings;
  readonly #started: Promise<SourceSync>;
  readonly #scheduler: SchedulerService;

  static create(options: {
    settings: SourceSettings;
    /** Resolves once the tables are ready. Where it rejects, `connect` does. */
    started: Promise<SourceSync>;
    scheduler: SchedulerService;
  }): CustomDataEntityProvider {
    return new CustomDataEntityProvider(options);
  }

  private constructor(options: {
    settings: SourceSettings;
    started: Promise<SourceSync>;
    scheduler: SchedulerService;
  }) {
    this.#settings = options.settings;
    this.#started = options.started;
    this.#scheduler = options.scheduler;
  }

  getProviderName(): string {
    return providerName(this.#settings.name);
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    const sync = await this.#started;
    sync.connect(connection);
    const { poll, paused, schedule, reconcile } = this.#settings;
    if (!poll || paused) {
      return;
    }
    const name = this.getProviderName();
    await this.#scheduler.scheduleTask({
      ...schedule,
      id: `${name}-poll`,
      fn: signal => sync.poll({ kind: 'poll', signal }),
    });
    await this.#scheduler.scheduleTask({
      ...reconcile,
      id: `${name}-reconcile`,
      fn: signal => sync.poll({ kind: 'reconcile', signal }),
    });
    await this.#scheduler.scheduleTask({
      id: `${name}-due`,
      scope: 'local',
      frequency: { milliseconds: this.#lookEveryMs() },
      timeout: longer(schedule.timeout, reconcile.timeout),
      initialDelay: schedule.initialDelay ?? FIRST_LOOK,
      fn: signal => this.#runWhatIsDue(sync, signal),
    });
  }

  /** Often enough to hit the end of the shortest back-off, and never busily. */
  #lookEveryMs(): number {
    const { initialMs } = this.#settings.backoff;
    return Math.min(Math.max(initialMs / 4, 1000), 10_000);
  }

  async #runWhatIsDue(sync: SourceSync, signal: AbortSignal): Promise<void> {
    const kind = await sync.due();
    if (kind) {
      const { schedule, reconcile } = this.#settings;
      const { timeout } = kind === 'reconcile' ? reconcile : schedule;
      const inTime = AbortSignal.timeout(milliseconds(timeout));
      const limited = AbortSignal.any([signal, inTime]);
      await sync.poll({ kind, signal: limited });
    }
  }
}

function longer(
  a: HumanDuration | string,
  b: HumanDuration | string,
): HumanDuration {
  return { milliseconds: Math.max(milliseconds(a), milliseconds(b)) };
}
