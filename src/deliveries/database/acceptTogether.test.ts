import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { createDeliveryStore } from './createDeliveryStore';

const T0 = new Date('2026-11-22T12:00:00.000Z');

describe('acceptAll, however posts come together', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let accept: (
      deliveries: NewDelivery[],
      now?: Date,
    ) => Promise<AcceptedDelivery[]>;
    const rows = () =>
      knex('custom_data_deliveries').orderBy('sequence').select('*');

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      const store = createDeliveryStore({ knex });
      accept = async (deliveries, now = T0) =>
        (await store.acceptAll(deliveries, now)) as AcceptedDelivery[];
    });

    it('gives the same deliveries however posts are put together', async () => {
      let run = 0;
      const post = fc.record({
        version: fc.constantFrom('v1', 'v2'),
        service: fc.constantFrom('a', 'b'),
        externalId: fc.option(fc.constantFrom('x', 'y', 'z'), {
          nil: undefined,
          freq: 2,
        }),
        ignored: fc.option(fc.constantFrom('ping', 'pong'), {
          nil: undefined,
          freq: 4,
        }),
        time: fc.option(fc.constant('2026-11-22T11:59:00.000Z'), {
          nil: undefined,
          freq: 2,
        }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(post, { minLength: 1, maxLength: 14 }),
          fc.array(
            fc.record({
              size: fc.integer({ min: 1, max: 6 }),
              /** The clocks of replicas differ. */
              clock: fc.integer({ min: 0, max: 3 }),
            }),
            { minLength: 14, maxLength: 14 },
          ),
          async (posts, batches) => {
            const sender = `sender-${run++}`;
            const deliveries = posts.map(each =>
              newDelivery({ ...each, sender }),
            );
            const answers: AcceptedDelivery[] = [];
            for (let start = 0, i = 0; start < posts.length; i++) {
              const { size, clock } = batches[i];
              const batch = deliveries.slice(start, start + size);
              const now = new Date(T0.getTime() + clock * 1000);
              answers.push(...(await accept(batch, now)));
              start += batch.length;
            }
            // Which post each answer is about, by where its id came first.
            const ids = answers.map(({ id }) => id);
            expect(ids.map(id => ids.indexOf(id))).toEqual(model(deliveries));
            expect(answers.map(({ repeated }) => repeated)).toEqual(
              ids.map((id, i) => ids.indexOf(id) < i),
            );
            const arrivals = arrivalsInOrder(await rows());
            expect(arrivals).toEqual(arrivals.map(times => [...times].sort()));
          },
        ),
        { numRuns: 100 },
      );
    });

    it.each([undefined, 'run-1'])(
      'stores equal posts at the same moment once (id %p)',
      async externalId => {
        const stores = [1, 2].map(() => createDeliveryStore({ knex }));
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            stores[i % 2].acceptAll([newDelivery({ externalId })], T0),
          ),
        );

        const answers = results.flat() as AcceptedDelivery[];
        const [{ delivery_id: id }, ...more] = await rows();
        expect(more).toEqual([]);
        expect(answers.map(answer => answer.id)).toEqual(answers.map(() => id));
        expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
      },
    );

    it('never waits in a circle for another that stores the same', async () => {
      tables.spoil(databaseId);
      await slowDown(knex, 'custom_data_deliveries');
      const statements = jest.fn();
      knex.on('query', statements);
      const batch = Array.from({ length: 40 }, (_, i) =>
        newDelivery({ service: `s${i}`, externalId: `run-${i}` }),
      );
      const [first, second] = await Promise.all([
        createDeliveryStore({ knex }).acceptAll(batch, T0),
        createDeliveryStore({ knex }).acceptAll([...batch].reverse(), T0),
      ]);

      const idOf = (answer: unknown) => (answer as AcceptedDelivery).id;
      expect(second.reverse().map(idOf)).toEqual(first.map(idOf));
      await expect(rows()).resolves.toHaveLength(40);
      // Whoever comes into a circle is thrown out of it, and has to begin again.
      expect(statements.mock.calls.length).toBeLessThanOrEqual(6);
    });

    it('answers the loser of a race with the ids of the winner, for all that follows', async () => {
      const [first, second] = await accept([
        newDelivery(),
        newDelivery({ version: 'v2' }),
      ]);
      // As if the look-up had come before the first were committed.
      const blind = createDeliveryStore({ knex: withoutLookUp(knex) });

      await expect(
        blind.acceptAll(
          [
            newDelivery(),
            newDelivery(),
            newDelivery({ version: 'v2' }),
            newDelivery({ service: 'orders' }),
          ],
          T0,
        ),
      ).resolves.toEqual([
        { id: first.id, repeated: true },
        { id: first.id, repeated: true },
        { id: second.id, repeated: true },
        { id: expect.any(String), repeated: false },
      ]);
    });
  });
});

/** Of each service, when events came that have no time of their own, in the order in which they did. */
function arrivalsInOrder(rows: any[]): string[][] {
  const arrivals = new Map<string, string[]>();
  for (const row of rows) {
    const event = JSON.parse(row.event);
    if (event && event.time === undefined) {
      const key = `${row.sender} ${row.service_key}`;
      arrivals.set(key, [...(arrivals.get(key) ?? []), row.received_at]);
    }
  }
  return [...arrivals.values()];
}

/** For each post the first that it is the same as, one by one. */
function model(deliveries: NewDelivery[]): number[] {
  const byId = new Map<string, number>();
  const latest = new Map<string, { digest: string; post: number }>();
  return deliveries.map(({ externalId, digest, content }, post) => {
    const group =
      content.type === 'event'
        ? `${content.event.service} ${content.event.environment}`
        : '';
    const told =
      content.type === 'event' ? `${group} ${content.event.version}` : digest;
    const own = `${externalId} ${told}`;
    const before = latest.get(group);
    const sameBytes = before?.digest === digest ? before.post : undefined;
    const same = externalId === undefined ? sameBytes : byId.get(own);
    if (same !== undefined) {
      return same;
    }
    latest.set(group, { digest, post });
    if (externalId !== undefined) {
      byId.set(own, post);
    }
    return post;
  });
}

/** A knex whose first statement finds nothing. */
function withoutLookUp(knex: Knex): Knex {
  let calls = 0;
  return new Proxy(knex, {
    get(target, name) {
      if (name !== 'raw' || calls++ > 0) {
        return Reflect.get(target, name);
      }
      return (sql: string, bindings: unknown[]) =>
        target.raw(`select * from (${sql}) as r where 1 = 0`, bindings as any);
    },
  });
}
