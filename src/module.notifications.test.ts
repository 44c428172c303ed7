import {
  createBackendPlugin,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  eventsServiceFactory,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import {
  notificationService,
  type NotificationSendOptions,
} from '@backstage/plugin-notifications-node';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

describe('the upkeep of a real backend', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  it('notifies the owner of a source that fails, and says in an event that it is over', async () => {
    const sent: NotificationSendOptions[] = [];
    const heard: unknown[] = [];
    const notifications = createServiceFactory({
      service: notificationService,
      deps: {},
      factory: () => ({
        send: async notification => {
          sent.push(notification);
        },
      }),
    });
    const listener = createBackendPlugin({
      pluginId: 'listener',
      register(env) {
        env.registerInit({
          deps: { events: eventsServiceRef },
          init: ({ events }) =>
            events.subscribe({
              id: 'test',
              topics: ['catalog.custom-data'],
              onEvent: async ({ eventPayload }) => {
                heard.push(eventPayload);
              },
            }),
        });
      },
    });
    const registry = await startRegistry();
    registry.put('a');
    registry.state.status = 404;
    const catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      features: [notifications, listener, eventsServiceFactory],
      customData: {
        notifications: true,
        alertAfter: { milliseconds: 1 },
        sources: { registry: { url: registry.url, owner: 'team-a', ...SOON } },
      },
    });
    try {
      await waitFor(() => expect(sent).toHaveLength(1));
      expect(sent).toMatchObject([
        {
          recipients: { type: 'entity', entityRef: 'group:default/team-a' },
          payload: {
            title: 'The source "registry" fails',
            description: expect.stringContaining('failed, next try'),
            severity: 'high',
            scope: 'source:registry:failing',
          },
        },
      ]);
      expect(heard).toEqual([]);

      registry.state.status = 200;
      await waitFor(() =>
        expect(heard).toMatchObject([
          { key: 'source:registry:failing', state: 'over' },
        ]),
      );
      expect(sent).toHaveLength(1);
    } finally {
      await catalog.stop();
      await registry.stop();
    }
  });

  it('has a clean-up on a schedule, which keeps its reports', async () => {
    const registry = await startRegistry();
    registry.put('a');
    const catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        cleanUp: { frequency: { seconds: 1 } },
        sources: { registry: { url: registry.url, owner: 'team-a', ...SOON } },
      },
    });
    try {
      await waitFor(async () => {
        const { body } = await catalog.api('GET /clean-up/reports');
        expect(body.items[0]).toMatchObject({
          by: 'custom-data',
          counts: { unknownOwners: 1, planned: 0 },
        });
      });
    } finally {
      await catalog.stop();
      await registry.stop();
    }
  });
});
