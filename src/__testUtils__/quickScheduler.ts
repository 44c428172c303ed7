import { DefaultSchedulerService } from '@backstage/backend-defaults/scheduler';
import {
  coreServices,
  createServiceFactory,
  type SchedulerService,
  type SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';
import { metricsServiceRef } from '@backstage/backend-plugin-api/alpha';

/** Tasks whose schedule nobody can configure. */
const OURS =
  /^(custom-data-(deliveries|deployments-shown|senders-paused|secrets-used|retention|findings|integrations|told)|catalog_orphan_cleanup)/;

const OFTEN = {
  initialDelay: { milliseconds: 200 },
  frequency: { seconds: 1 },
};

/**
 * The real scheduler, in which what is not configured runs each second: a test
 * waits for what a task does rather than for its turn.
 */
export const quickScheduler = createServiceFactory({
  service: coreServices.scheduler,
  deps: {
    database: coreServices.database,
    logger: coreServices.logger,
    rootLifecycle: coreServices.rootLifecycle,
    httpRouter: coreServices.httpRouter,
    pluginMetadata: coreServices.pluginMetadata,
    metrics: metricsServiceRef,
  },
  factory(deps): SchedulerService {
    const scheduler = DefaultSchedulerService.create(deps);
    return {
      scheduleTask: task => scheduler.scheduleTask({ ...task, ...soon(task) }),
      createScheduledTaskRunner: schedule =>
        scheduler.createScheduledTaskRunner(schedule),
      triggerTask: id => scheduler.triggerTask(id),
      cancelTask: id => scheduler.cancelTask(id),
      getScheduledTasks: () => scheduler.getScheduledTasks(),
    };
  },
});

function soon(task: {
  id: string;
}): Partial<SchedulerServiceTaskScheduleDefinition> {
  return OURS.test(task.id) ? OFTEN : {};
}
