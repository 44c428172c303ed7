import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { HumanDuration } from '@backstage/types';
import type { Knex } from 'knex';
import type { CustomDataSettings } from '../config/settings';
import type { CatalogConflicts } from '../ingestion/findings/CatalogConflicts';
import { updateErrors } from '../ingestion/findings/updateErrors';
import { takeSnapshot } from '../ingestion/snapshots/takeSnapshot';
import { cleanUp, type CleanUpContext } from '../upkeep/cleanUp/cleanUp';
import {
  tellCauses,
  type TellingContext,
} from '../upkeep/notifications/tellCauses';
import type { PushWorker } from '../upkeep/push/PushWorker';
import type { Webhooks } from './createWebhooks';

interface TaskOptions {
  scheduler: SchedulerService;
  /** All that are configured, in order or not. */
  senders: unknown[];
  webhooks: Webhooks;
  conflicts: CatalogConflicts;
  settings: Pick<CustomDataSettings, 'snapshots'>;
  cleaning: CleanUpContext;
  telling: TellingContext;
  pushes: Pick<PushWorker, 'requestAll'>;
  knex: Knex;
  logger: LoggerService;
  now: () => Date;
}

/** Schedules everything but the polling of sources and the delivery worker. */
export async function scheduleTasks(options: TaskOptions): Promise<void> {
  const { scheduler, senders, webhooks, conflicts, pushes } = options;
  const scheduleIn =
    (scope: 'global' | 'local') =>
    (
      id: string,
      frequency: HumanDuration,
      fn: (signal: AbortSignal) => Promise<unknown>,
      initialDelay = frequency,
    ) =>
      scheduler.scheduleTask({
        id: `custom-data-${id}`,
        scope,
        frequency,
        initialDelay,
        timeout: { minutes: 10 },
        fn: async signal => {
          await fn(signal);
        },
      });
  const schedule = scheduleIn('global');
  // For what a process has in memory.
  const scheduleLocal = scheduleIn('local');
  const { senderControl, unshown, visibility } = webhooks;
  const [second, minute, hour] = [{ seconds: 1 }, { minutes: 1 }, { hours: 1 }];

  await scheduleLocal('findings-conflicts', { seconds: 5 }, () =>
    conflicts.update(),
  );
  await schedule('findings-errors', { seconds: 5 }, signal =>
    updateErrors({ ...options, signal }),
  );
  await schedule('deliveries-unmatched', { seconds: 15 }, signal =>
    webhooks.sweepUnmatched(signal),
  );
  await scheduleLocal(
    'deployments-shown',
    hour,
    signal => unshown.compare(signal),
    minute,
  );
  // Each second, so only where there may be something to look for.
  if (senders.length > 0) {
    await scheduleLocal('deployments-visible', second, () => visibility.look());
  }
  // A process that stored a push may have died before it gave that to the catalog.
  await scheduleLocal('pushes', { seconds: 10 }, async () =>
    pushes.requestAll(),
  );
  await scheduleLocal('senders-paused', { seconds: 5 }, async () => {
    await senderControl.refresh();
    await webhooks.releaseHeld();
  });
  await scheduleLocal('secrets-used', minute, () => senderControl.writeUses());
  await schedule('told', minute, () => tellCauses(options.telling));
  await schedule('retention', hour, signal => webhooks.deleteExpired(signal), {
    minutes: 5,
  });
  await scheduleUpkeep(options);
}

/** Tasks whose schedule the configuration can set. */
async function scheduleUpkeep(options: TaskOptions): Promise<void> {
  const { scheduler, settings, cleaning, now } = options;
  const { frequency } = settings.snapshots;
  if (frequency) {
    await scheduler.scheduleTask({
      id: 'custom-data-snapshot',
      scope: 'global',
      frequency,
      timeout: { minutes: 10 },
      fn: async () => {
        const about = { reason: 'on schedule', by: 'custom-data' };
        await takeSnapshot({ ...options, ...about, now: now() });
      },
    });
  }
  await scheduler.scheduleTask({
    id: 'custom-data-clean-up',
    frequency: cleaning.settings.cleanUp.frequency,
    timeout: { minutes: 10 },
    fn: async () => {
      await cleanUp(cleaning, { dryRun: false, by: 'custom-data' });
    },
  });
}
