import { mockServices } from '@backstage/backend-test-utils';
import type { Webhooks } from './createWebhooks';
import { cleanUp } from '../config/cleanUp';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { scheduleTasks } from './scheduleTasks';

describeSqlite('scheduleTasks', tables => {
  const tasksWith = async (
    senders: unknown[],
    snapshots: Parameters<
      typeof scheduleTasks
    >[0]['settings']['snapshots'] = {},
  ) => {
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
      pushes: {} as never,
      settings: { snapshots },
      knex: tables.knex,
      logger: mockServices.logger.mock(),
      cleaning: {
        settings: { cleanUp: cleanUp.parse(undefined) },
      } as never,
      telling: {} as never,
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

  it('takes a snapshot of everything as often as is configured', async () => {
    const isIt = ({ id }: { id: string }) => id === 'custom-data-snapshot';
    expect((await tasksWith([])).some(isIt)).toBe(false);

    const frequency = { cron: '0 3 * * *' };
    const task = (await tasksWith([], { frequency })).find(isIt);
    expect(task).toMatchObject({ scope: 'global', frequency });
    await task.fn();
    await expect(tables.knex('custom_data_snapshots')).resolves.toMatchObject([
      { source: null, namespace: null, reason: 'on schedule' },
    ]);
  });
});
