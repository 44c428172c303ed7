import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { HumanDuration } from '@backstage/types';
import type { Knex } from 'knex';
import type { CatalogConflicts } from '../ingestion/findings/CatalogConflicts';
import { updateErrors } from '../ingestion/findings/updateErrors';
import type { Webhooks } from './createWebhooks';

/** Schedules everything but the polling of sources and the delivery worker. */
export async function scheduleTasks(options: {
  scheduler: SchedulerService;
  webhooks: Webhooks;
  conflicts: CatalogConflicts;
  knex: Knex;
  logger: LoggerService;
  now: () => Date;
}): Promise<void> {
  const { scheduler, webhooks, conflicts } = options;
  const schedule = (
    id: string,
    frequency: HumanDuration,
    fn: (signal: AbortSignal) => Promise<unknown>,
    more: { scope?: 'local'; initialDelay?: HumanDuration } = {},
  ) =>
    scheduler.scheduleTask({
      id: `custom-data-${id}`,
      frequency,
      initialDelay: frequency,
      timeout: { minutes: 10 },
      ...more,
      fn: async signal => {
        await fn(signal);
      },
    });
  // A local task reads or writes what a process has in memory.
  const local = { scope: 'local' } as const;
  const { senderControl, secretUses, unshown, visibility } = webhooks;
  await schedule(
    'findings-conflicts',
    { seconds: 5 },
    () => conflicts.update(),
    local,
  );
  await schedule('findings-errors', { minutes: 1 }, signal =>
    updateErrors({ ...options, signal }),
  );
  await schedule('deliveries-unmatched', { seconds: 15 }, signal =>
    webhooks.sweepUnmatched(signal),
  );
  await schedule('deployments-shown', { hours: 1 }, s => unshown.compare(s), {
    initialDelay: { minutes: 1 },
    ...local,
  });
  await schedule(
    'deployments-visible',
    { seconds: 1 },
    () => visibility.look(),
    local,
  );
  await schedule(
    'senders-paused',
    { seconds: 5 },
    () => senderControl.refresh(),
    local,
  );
  await schedule(
    'secrets-used',
    { minutes: 1 },
    () => secretUses.flush(),
    local,
  );
  await schedule('cleanup', { hours: 1 }, s => webhooks.cleanUp(s), {
    initialDelay: { minutes: 5 },
  });
}
