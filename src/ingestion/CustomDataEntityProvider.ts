import type { SchedulerService } from '@backstage/backend-plugin-api';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { HumanDuration } from '@backstage/types';
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
  readonly #sync: SourceSync;
  readonly #scheduler: SchedulerService;

  static create(options: {
    sync: SourceSync;
    scheduler: SchedulerService;
  }): CustomDataEntityProvider {
    return new CustomDataEntityProvider(options.sync, options.scheduler);
  }

  private constructor(sync: SourceSync, scheduler: SchedulerService) {
    this.#sync = sync;
    this.#scheduler = scheduler;
  }

  getProviderName(): string {
    return providerName(this.#sync.settings.name);
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    this.#sync.connect(connection);
    const { poll, paused, schedule, reconcile } = this.#sync.settings;
    if (!poll || paused) {
      return;
    }
    const name = this.getProviderName();
    await this.#scheduler.scheduleTask({
      ...schedule,
      id: `${name}-poll`,
      fn: signal => this.#sync.poll({ kind: 'poll', signal }),
    });
    await this.#scheduler.scheduleTask({
      ...reconcile,
      id: `${name}-reconcile`,
      fn: signal => this.#sync.poll({ kind: 'reconcile', signal }),
    });
    await this.#scheduler.scheduleTask({
      id: `${name}-due`,
      scope: 'local',
      frequency: { milliseconds: this.#lookEveryMs() },
      timeout: longer(schedule.timeout, reconcile.timeout),
      initialDelay: schedule.initialDelay ?? FIRST_LOOK,
      fn: signal => this.#runWhatIsDue(signal),
    });
  }

  /** Often enough to hit the end of the shortest back-off, and never busily. */
  #lookEveryMs(): number {
    const { initialMs } = this.#sync.settings.backoff;
    return Math.min(Math.max(initialMs / 4, 1000), 10_000);
  }

  async #runWhatIsDue(signal: AbortSignal): Promise<void> {
    const kind = await this.#sync.due();
    if (kind) {
      const { schedule, reconcile } = this.#sync.settings;
      const { timeout } = kind === 'reconcile' ? reconcile : schedule;
      const inTime = AbortSignal.timeout(milliseconds(timeout));
      const limited = AbortSignal.any([signal, inTime]);
      await this.#sync.poll({ kind, signal: limited });
    }
  }
}

function longer(
  a: HumanDuration | string,
  b: HumanDuration | string,
): HumanDuration {
  return { milliseconds: Math.max(milliseconds(a), milliseconds(b)) };
}
