import { mockServices } from '@backstage/backend-test-utils';
import type { Webhooks } from './createWebhooks';
import { scheduleTasks } from './scheduleTasks';

describe('scheduleTasks', () => {
  it('has each replica compare what shows, since any of them may process an entity that it marks', async () => {
    const scheduler = { scheduleTask: jest.fn() };
    await scheduleTasks({
      scheduler: scheduler as never,
      webhooks: {
        unshown: {},
        senderControl: {},
      } as unknown as Webhooks,
      conflicts: {} as never,
      knex: {} as never,
      logger: mockServices.logger.mock(),
      now: () => new Date(),
    });
    expect(scheduler.scheduleTask).toHaveBeenCalledWith(
      expect.objectContaining({
        id: 'custom-data-deployments-shown',
        scope: 'local',
      }),
    );
  });
});
