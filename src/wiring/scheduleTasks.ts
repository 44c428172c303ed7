import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { CatalogFindings } from '../ingestion/findings/CatalogFindings';
import type { Webhooks } from './createWebhooks';

/** What goes on beside the polling of sources. */
export async function scheduleTasks(options: {
  scheduler: SchedulerService;
  webhooks: Webhooks;
  findings: CatalogFindings;
}): Promise<void> {
  const { scheduler, findings } = options;
  await scheduleWebhookTasks(options);
  await scheduler.scheduleTask({
    id: 'custom-data-findings',
    // Each process has the events that it received in memory.
    scope: 'local',
    frequency: { seconds: 5 },
    initialDelay: { seconds: 5 },
    timeout: { minutes: 5 },
    fn: () => findings.update(),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-findings-sweep',
    frequency: { minutes: 15 },
    initialDelay: { minutes: 1 },
    timeout: { minutes: 10 },
    fn: signal => findings.sweep(signal),
  });
}

async function scheduleWebhookTasks(options: {
  scheduler: SchedulerService;
  webhooks: Webhooks;
}): Promise<void> {
  const { scheduler, webhooks } = options;
  await scheduler.scheduleTask({
    id: 'custom-data-deliveries-unmatched',
    frequency: { seconds: 15 },
    initialDelay: { seconds: 15 },
    timeout: { minutes: 10 },
    fn: async signal => {
      await webhooks.sweepUnmatched(signal);
    },
  });
  await scheduler.scheduleTask({
    id: 'custom-data-senders-paused',
    // What this process knows of them is in its memory.
    scope: 'local',
    frequency: { seconds: 5 },
    initialDelay: { seconds: 5 },
    timeout: { minutes: 1 },
    fn: () => webhooks.senderControl.refresh(),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-secrets-used',
    scope: 'local',
    frequency: { minutes: 1 },
    initialDelay: { minutes: 1 },
    timeout: { minutes: 1 },
    fn: () => webhooks.secretUses.flush(),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-cleanup',
    frequency: { hours: 1 },
    initialDelay: { minutes: 5 },
    timeout: { minutes: 30 },
    fn: signal => webhooks.cleanUp(signal),
  });
}
