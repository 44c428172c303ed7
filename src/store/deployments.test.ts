import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import type { Delivery, DeploymentEventName } from '../model/delivery';
import { createDeploymentStore } from './deployments';
import { migrate } from './migrate';

const T0 = Date.parse('2026-11-22T12:00:00.000Z');
const at = (minutes: number) => new Date(T0 + minutes * 60_000);

function delivery(options: {
  sequence: number;
  event?: DeploymentEventName;
  /** Minutes after the start; without it the event has no time of its own. */
  time?: number;
  /** Minutes after the start. */
  received?: number;
  service?: string;
  sender?: string;
  environment?: string;
}): Delivery {
  const { sequence, time, received = sequence } = options;
  return {
    id: `delivery-${sequence}`,
    sequence,
    sender: options.sender ?? 'ci',
    event: {
      event: options.event ?? 'deployment.success',
      service: options.service ?? 'Payments',
      version: `v${sequence}`,
      environment: options.environment ?? 'production',
      catalogRefresh: false,
      ...(time !== undefined && { time: at(time).toISOString() }),
    },
    state: 'pending',
    attempts: 1,
    receivedAt: at(received),
  };
}

describe('createDeploymentStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  async function setUp(id: Parameters<typeof databases.init>[0]) {
    const knex = await databases.init(id);
    await migrate({ knex });
    const store = createDeploymentStore({ knex });
    const versions = async (...keys: string[]) =>
      (await store.current(keys)).map(each => each.version);
    return { knex, store, versions };
  }

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    it('makes what succeeded current, with its history', async () => {
      const { knex, store } = await setUp(databaseId);
      const given = delivery({ sequence: 7, time: 3 });
      given.event.url = 'https://ci.example.com/7';
      given.event.commit = 'abc';

      await expect(store.record(given)).resolves.toBe('current');
      await expect(store.current(['payments'])).resolves.toEqual([
        {
          sender: 'ci',
          serviceKey: 'payments',
          environment: 'production',
          version: 'v7',
          deployedAt: at(3).toISOString(),
        },
      ]);
      const [row] = await knex('custom_data_deployments');
      expect({ ...row, sequence: Number(row.sequence) }).toEqual({
        delivery_id: 'delivery-7',
        sender: 'ci',
        service_key: 'payments',
        environment: 'production',
        status: 'success',
        version: 'v7',
        event_at: at(3).toISOString(),
        sequence: 7,
        url: 'https://ci.example.com/7',
        commit: 'abc',
      });
    });

    it('takes the same delivery twice for once', async () => {
      const { knex, store } = await setUp(databaseId);
      const given = delivery({ sequence: 1 });

      await store.record(given);
      await expect(store.record(given)).resolves.toBe('current');
      await expect(knex('custom_data_deployments')).resolves.toHaveLength(1);
      await store.record(delivery({ sequence: 2 }));
      await expect(store.record(given)).resolves.toBe('superseded');
    });

    it('orders by the time of the event, then by arrival', async () => {
      const { store, versions } = await setUp(databaseId);

      await store.record(delivery({ sequence: 9, time: 5 }));
      await expect(
        store.record(delivery({ sequence: 10, time: 4 })),
      ).resolves.toBe('superseded');
      await expect(
        store.record(delivery({ sequence: 8, time: 5 })),
      ).resolves.toBe('superseded');
      await expect(versions('payments')).resolves.toEqual(['v9']);
      // As text, 10 would come before 9.
      await expect(
        store.record(delivery({ sequence: 10, time: 5 })),
      ).resolves.toBe('current');
    });

    it('takes the time of arrival for an event without one', async () => {
      const { store, versions } = await setUp(databaseId);
      await store.record(delivery({ sequence: 1, received: 10 }));
      await expect(
        store.record(delivery({ sequence: 2, time: 9 })),
      ).resolves.toBe('superseded');
      await expect(
        store.record(delivery({ sequence: 3, time: 11 })),
      ).resolves.toBe('current');
      await expect(versions('payments')).resolves.toEqual(['v3']);
    });

    it.each(['deployment.started', 'deployment.failure'] as const)(
      'only records %s',
      async event => {
        const { knex, store, versions } = await setUp(databaseId);
        await store.record(delivery({ sequence: 1 }));
        await expect(
          store.record(delivery({ sequence: 2, event })),
        ).resolves.toBe('recorded');
        await expect(versions('payments')).resolves.toEqual(['v1']);
        await expect(knex('custom_data_deployments')).resolves.toHaveLength(2);
      },
    );

    it('goes back with a rollback', async () => {
      const { store, versions } = await setUp(databaseId);
      await store.record(delivery({ sequence: 1 }));
      await store.record(
        delivery({ sequence: 2, event: 'deployment.rollback' }),
      );
      await expect(versions('payments')).resolves.toEqual(['v2']);
    });

    it('shows nothing of what was removed, and no late event brings it back', async () => {
      const { store, versions } = await setUp(databaseId);
      await store.record(
        delivery({ sequence: 2, time: 2, event: 'deployment.removed' }),
      );
      await expect(
        store.record(delivery({ sequence: 3, time: 1 })),
      ).resolves.toBe('superseded');
      await expect(versions('payments')).resolves.toEqual([]);
      await store.record(delivery({ sequence: 4, time: 3 }));
      await expect(versions('payments')).resolves.toEqual(['v4']);
    });

    it('keeps senders, services and environments apart', async () => {
      const { store } = await setUp(databaseId);
      await store.record(delivery({ sequence: 1 }));
      await store.record(delivery({ sequence: 2, sender: 'other' }));
      await store.record(delivery({ sequence: 3, environment: 'staging' }));
      await store.record(delivery({ sequence: 4, service: 'orders' }));
      await store.record(delivery({ sequence: 5, service: 'elsewhere' }));

      const current = await store.current(['payments', 'orders']);
      expect(current.map(each => each.version).sort()).toEqual([
        'v1',
        'v2',
        'v3',
        'v4',
      ]);
    });

    it('looks up any number of services', async () => {
      const { knex, store } = await setUp(databaseId);
      await store.record(delivery({ sequence: 1 }));
      const keys = Array.from({ length: 70_000 }, (_, i) => `service-${i}`);
      const queries = jest.fn();
      knex.on('query', queries);

      await expect(store.current([...keys, 'payments'])).resolves.toHaveLength(
        1,
      );
      queries.mockClear();
      await store.current(keys.slice(0, 500));
      expect(queries).toHaveBeenCalledTimes(1);
      await expect(store.current([])).resolves.toEqual([]);
      expect(queries).toHaveBeenCalledTimes(1);
    });

    it('comes to the newest in any order of settling, all at once or one by one', async () => {
      const { store } = await setUp(databaseId);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc
            .array(
              fc.record({
                time: fc.option(fc.integer({ min: 0, max: 6 }), {
                  nil: undefined,
                }),
                received: fc.integer({ min: 0, max: 6 }),
                event: fc.constantFrom<DeploymentEventName>(
                  'deployment.success',
                  'deployment.rollback',
                  'deployment.removed',
                  'deployment.failure',
                ),
              }),
              { minLength: 1, maxLength: 8 },
            )
            .chain(events =>
              fc.record({
                events: fc.constant(events),
                order: fc.shuffledSubarray(
                  events.map((_, i) => i),
                  { minLength: events.length },
                ),
              }),
            ),
          fc.boolean(),
          async ({ events, order }, atOnce) => {
            const service = `service-${run++}`;
            const all = events.map((event, i) => ({
              ...delivery({ ...event, sequence: i + 1, service }),
              id: `${service}-${i}`,
            }));
            const shuffled = order.map(i => all[i]);
            if (atOnce) {
              await Promise.all(shuffled.map(each => store.record(each)));
            } else {
              for (const each of shuffled) {
                await store.record(each);
              }
            }
            const key = (each: Delivery) =>
              `${each.event.time ?? each.receivedAt.toISOString()} ${
                each.sequence
              }`;
            const newest = all
              .filter(each => each.event.event !== 'deployment.failure')
              .sort((a, b) => (key(a) < key(b) ? 1 : -1))[0];
            const expected =
              newest && newest.event.event !== 'deployment.removed'
                ? [newest.event.version]
                : [];
            const current = await store.current([service]);
            expect(current.map(each => each.version)).toEqual(expected);
          },
        ),
        { numRuns: 40 },
      );
    });
  });
});
