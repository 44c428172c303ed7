import { mockServices } from '@backstage/backend-test-utils';
import type { Webhooks } from './createWebhooks';
import { scheduleTasks } from './scheduleTasks';

describe('scheduleTasks', () => {
  const tasksWith = async (senders: unknown[]) => {
    const scheduler = { scheduleTask: jest.fn() };
    await scheduleTasks({
      scheduler: scheduler as never,
      senders,
      webhooks: {
        unshown: {},
        senderControl: {},
        visibility: {},
      } as unknown as Webhooks,
      conflicts: {} as never,
      knex: {} as never,
      logger: mockServices.logger.mock(),
      now: () => new Date(),
    });
    return scheduler.scheduleTask.mock.calls.map(([task]) => task);
  };

  it('has each replica compare what shows, since any of them may process an entity that it marks', async () => {
    expect(await tasksWith([])).toContainEqual(
      expect.objectContaining({
        id: 'custom-data-deployments-shown',
        scope: 'local',
      }),
    );
  });

  it('looks each second for what became visible only where there are senders', async () => {
    const looks = expect.objectContaining({
      id: 'custom-data-deployments-visible',
    });
    expect(await tasksWith([])).not.toContainEqual(looks);
    expect(await tasksWith([{ name: 'ci' }])).toContainEqual(looks);
  });
});
