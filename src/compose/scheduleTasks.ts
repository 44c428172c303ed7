import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { CatalogFindings } from '../sync/findings/createCatalogFindings';
import type { DeliveryWorker } from '../webhooks/createDeliveryWorker';

/** What goes on beside the polling of sources. */
export async function scheduleTasks(options: {
  scheduler: SchedulerService;
  worker: DeliveryWorker;
  findings: CatalogFindings;
}): Promise<void> {
  const { scheduler, worker, findings } = options;
  await scheduler.scheduleTask({
    id: 'custom-data-deliveries',
    scope: 'local',
    frequency: { seconds: 5 },
    initialDelay: { seconds: 1 },
    // Under a steady load one run goes on and on; later ones join it.
    timeout: { hours: 1 },
    fn: signal => worker.run(signal),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-findings-look',
    // What this process heard is in its memory.
    scope: 'local',
    frequency: { seconds: 5 },
    initialDelay: { seconds: 5 },
    timeout: { minutes: 5 },
    fn: () => findings.look(),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-findings-check',
    frequency: { seconds: 10 },
    initialDelay: { seconds: 10 },
    timeout: { minutes: 5 },
    fn: () => findings.check(),
  });
  await scheduler.scheduleTask({
    id: 'custom-data-findings-sweep',
    frequency: { minutes: 15 },
    initialDelay: { minutes: 1 },
    timeout: { minutes: 10 },
    fn: signal => findings.sweep(signal),
  });
}
