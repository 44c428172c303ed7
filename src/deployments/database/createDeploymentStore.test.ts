import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { setProcessClock } from '../../database/__testUtils__/setProcessClock';
import {
  at,
  type Given,
  recordedDelivery,
} from '../../deliveries/__testUtils__/recordedDelivery';
import type { DeploymentFilter, DeploymentStore } from '../deployment';
import { createDeploymentStore } from './createDeploymentStore';

describe('createDeploymentStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let store: DeploymentStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      store = createDeploymentStore({ knex });
    });

    const record = (...given: Given[]) =>
      store.record(given.map(recordedDelivery));
    const versions = async (...keys: string[]) =>
      (await store.heads(keys)).map(each => each.version).sort();
    const historyOf = async (filter: DeploymentFilter = {}) =>
      (await store.history(filter, { limit: 100 })).items.map(
        each => each.version,
      );

    it('gives what was recorded, and its head', async () => {
      const given = recordedDelivery({
        arrival: 7,
        time: 3,
        sequence: 2 ** 53 - 1,
      });
      given.event.url = 'https://ci.example.com/7';
      given.event.commit = 'abc';
      await store.record([given]);

      const head = {
        deliveryId: 'delivery-7',
        sender: 'ci',
        serviceKey: 'payments',
        environment: 'production',
        status: 'success',
        version: 'v7',
        eventAt: at(3).toISOString(),
        arrival: 7,
        sequence: 2 ** 53 - 1,
      };
      await expect(store.heads(['payments'])).resolves.toEqual([head]);
      await expect(store.history({}, { limit: 5 })).resolves.toEqual({
        items: [
          {
            ...head,
            url: 'https://ci.example.com/7',
            commit: 'abc',
          },
        ],
        totalItems: 1,
        next: undefined,
      });
    });

    describe('the heads that were written since', () => {
      const changed = async (since?: Date) =>
        (await store.changedHeads(since)).heads
          .map(each => each.version)
          .sort();
      const longAgo = () =>
        knex('custom_data_deployment_heads').update({
          changed_at: '2026-01-01T00:00:00.000Z',
        });

      afterEach(() => {
        jest.useRealTimers();
      });

      it('are those that the look before has not seen, and all without a time', async () => {
        await record({ arrival: 1, time: 5, service: 'a' });
        await longAgo();
        const { heads, at: then } = await store.changedHeads();
        expect(heads).toMatchObject([{ version: 'v1' }]);
        await expect(store.changedHeads(then)).resolves.toMatchObject({
          heads: [],
        });

        await record({ arrival: 2, service: 'b', sequence: 3 });
        await expect(store.changedHeads(then)).resolves.toMatchObject({
          heads: [{ serviceKey: 'b', sequence: 3 }],
        });
        await expect(changed()).resolves.toEqual(['v1', 'v2']);
      });

      it('are those that took the place of another, not those that something newer kept out', async () => {
        await record(
          { arrival: 1, time: 5, service: 'a' },
          { arrival: 2, service: 'b', sequence: 3 },
        );
        await longAgo();
        const { at: then } = await store.changedHeads();
        await record({ arrival: 2, service: 'b', sequence: 3 });
        await record({ arrival: 3, time: 4, service: 'a' });
        await expect(changed(then)).resolves.toEqual([]);
        await record({ arrival: 4, time: 6, service: 'a' });
        await expect(changed(then)).resolves.toEqual(['v4']);
      });

      it('are told by the clock of the database, whatever that of a process says', async () => {
        const { at: first } = await store.changedHeads();
        setProcessClock(new Date(0));
        await record({ arrival: 1, service: 'a' });
        const { at: second } = await store.changedHeads();
        setProcessClock(at(10 ** 8));
        await record(
          { arrival: 1, service: 'a' },
          { arrival: 2, service: 'b' },
        );
        const { at: third } = await store.changedHeads();

        const times = await knex('custom_data_deployment_heads')
          .orderBy('service_key')
          .pluck('changed_at');
        const inOrder = [
          first.toISOString(),
          times[0],
          second.toISOString(),
          times[1],
          third.toISOString(),
        ];
        expect(inOrder).toEqual([...inOrder].sort());
      });
    });

    it('gives each of any number of changed heads once', async () => {
      const given = Array.from({ length: 4000 }, (_, i) => ({
        arrival: i + 1,
        service: `Service_${i % 500}`,
        sender: i % 1000 < 500 ? 'ci' : 'C i',
        environment: `e${i % 4000 >= 2000 ? 1 : 2}`,
        ...(i % 2000 >= 1000 && { sequence: i }),
      }));
      await record(...given);
      for (const since of [undefined, new Date(0)]) {
        const { heads } = await store.changedHeads(since);
        expect(heads).toHaveLength(4000);
        expect(new Set(heads.map(each => each.arrival)).size).toBe(4000);
      }
    });

    it('takes the same delivery twice for once', async () => {
      await record({ arrival: 1 }, { arrival: 1 });
      await record({ arrival: 1 });
      await expect(historyOf()).resolves.toEqual(['v1']);
      await expect(versions('payments')).resolves.toEqual(['v1']);
    });

    it('orders by the time of the event, then by arrival', async () => {
      await record({ arrival: 9, time: 5 });
      await record({ arrival: 10, time: 4 });
      await record({ arrival: 8, time: 5 });
      await expect(versions('payments')).resolves.toEqual(['v9']);
      // As text, 10 would come before 9.
      await record({ arrival: 10, time: 5 });
      await expect(versions('payments')).resolves.toEqual(['v10']);
    });

    it('takes the time of arrival for an event without one', async () => {
      await record({ arrival: 1, received: 10 }, { arrival: 2, time: 9 });
      await expect(versions('payments')).resolves.toEqual(['v1']);
      await record({ arrival: 3, time: 11 });
      await expect(versions('payments')).resolves.toEqual(['v3']);
    });

    it("orders by the sender's own sequence where it gives one, whatever the times, in a lane of its own", async () => {
      await record({ arrival: 1, sequence: 10, time: 1 });
      await record({ arrival: 2, sequence: 9, time: 5 });
      await expect(versions('payments')).resolves.toEqual(['v1']);
      await record({ arrival: 3, time: 0 });
      await expect(versions('payments')).resolves.toEqual(['v1', 'v3']);
      await record({ arrival: 4, sequence: 10, time: 0 });
      await expect(versions('payments')).resolves.toEqual(['v3', 'v4']);
      await record({ arrival: 5, time: 1 }, { arrival: 6, sequence: 11 });
      await expect(versions('payments')).resolves.toEqual(['v5', 'v6']);
    });

    it.each(['deployment.started', 'deployment.failure'] as const)(
      'only adds %s to the history',
      async event => {
        await record({ arrival: 1 }, { arrival: 2, event });
        await expect(versions('payments')).resolves.toEqual(['v1']);
        await expect(historyOf()).resolves.toEqual(['v2', 'v1']);
      },
    );

    it('keeps the head of what was removed, so that no late event brings it back', async () => {
      await record({ arrival: 2, time: 2, event: 'deployment.removed' });
      await record({ arrival: 3, time: 1 });
      await expect(store.heads(['payments'])).resolves.toMatchObject([
        { status: 'removed', arrival: 2 },
      ]);
      await record({ arrival: 4, time: 3, event: 'deployment.rollback' });
      await expect(versions('payments')).resolves.toEqual(['v4']);
    });

    it('takes any text that a sender may send', async () => {
      const odd = `\0 ' " \\ ? :x $1 \uD83D \u{1F600}`;
      await store.record([
        {
          ...recordedDelivery({ arrival: 1, service: odd, environment: odd }),
          event: {
            ...recordedDelivery({ arrival: 1, service: odd, environment: odd })
              .event,
            version: odd,
            url: odd,
          },
        },
      ]);
      const { items } = await store.history({}, { limit: 1 });
      expect(items[0].version).toBe(`\uFFFD ' " \\ ? :x $1 \uFFFD \u{1F600}`);
      expect(items[0].url).toBe(items[0].version);
    });

    it('looks up any number of services, a thousand a query', async () => {
      await record({ arrival: 1 });
      const keys = Array.from({ length: 70_000 }, (_, i) => `service-${i}`);
      const queries = jest.fn();
      knex.on('query', queries);

      await expect(store.heads([...keys, 'payments'])).resolves.toHaveLength(1);
      queries.mockClear();
      await store.heads(keys.slice(0, 1000));
      expect(queries).toHaveBeenCalledTimes(1);
      await expect(store.heads([])).resolves.toEqual([]);
      expect(queries).toHaveBeenCalledTimes(1);
    });
  });
});
