import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { acceptDeliveries } from '../__testUtils__/acceptDeliveries';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { DeliveryStore } from '../delivery';
import { createDeliveryLog } from './createDeliveryLog';
import { createDeliveryStore } from './createDeliveryStore';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describe('createDeliveryStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let store: DeliveryStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      store = createDeliveryStore({ knex });
    });

    const row = (id: string) =>
      knex('custom_data_deliveries').where({ delivery_id: id }).first();
    const accept = async (versions: string[], now = T0) => {
      return acceptDeliveries(
        knex,
        versions.map(version => newDelivery({ version })),
        now,
      );
    };
    const claim = (now: Date, limit = 10) =>
      store.claim({ limit, leaseMs: 1000, now });
    const claimed = async (now: Date, limit?: number) =>
      (await claim(now, limit)).deliveries.map(each => each.event.version);
    const attemptsOf = async (id: string) =>
      (await createDeliveryLog({ knex }).find(id))?.attemptList;

    it('gives a delivery as it came, for settling', async () => {
      const [id] = await accept(['v1']);
      const { deliveries } = await claim(later(5));

      expect(deliveries).toEqual([
        {
          id,
          sequence: expect.any(Number),
          sender: 'ci',
          event: {
            event: 'deployment.success',
            service: 'Payments',
            version: 'v1',
            environment: 'production',
            catalogRefresh: false,
          },
          state: 'pending',
          attempts: 1,
          receivedAt: T0,
          queuedAt: T0,
          attemptsBefore: 0,
        },
      ]);
    });

    it('claims what is due, oldest first, up to the limit, never what is ignored', async () => {
      await acceptDeliveries(knex, [newDelivery({ ignored: 'ping' })], T0);
      await accept(['v1', 'v2', 'v3']);
      await accept(['v4'], later(1));

      await expect(claimed(T0, 2)).resolves.toEqual(['v1', 'v2']);
      await expect(claimed(T0)).resolves.toEqual(['v3']);
      await expect(claimed(T0)).resolves.toEqual([]);
      await expect(claimed(later(1))).resolves.toEqual(['v4']);
    });

    it('never gives a delivery to two who claim at once, and leaves none behind', async () => {
      await accept(Array.from({ length: 60 }, (_, i) => `v${i}`));
      tables.spoil(databaseId);
      await slowDown(knex, 'custom_data_deliveries');
      const replicas = Array.from({ length: 6 }, () =>
        createDeliveryStore({ knex }),
      );
      const rounds = await Promise.all(
        replicas.map(replica =>
          replica.claim({ limit: 10, leaseMs: 60_000, now: T0 }),
        ),
      );

      const ids = rounds.flatMap(each => each.deliveries.map(({ id }) => id));
      expect(ids).toHaveLength(60);
      expect(new Set(ids).size).toBe(60);
    });

    it('settles each as it ended, and keeps the attempts', async () => {
      const [done, unmatched, failed, left] = await accept([
        'v1',
        'v2',
        'v3',
        'v4',
      ]);
      const { settle } = await claim(later(5));
      await settle(
        new Map([
          [done, { state: 'done' }],
          [unmatched, { state: 'unmatched', reason: 'no\0 such entity' }],
          [
            failed,
            { state: 'failed', reason: 'API is down', retryAt: later(10_000) },
          ],
        ]),
        later(9),
      );

      await expect(row(done)).resolves.toMatchObject({
        state: 'done',
        reason: null,
        settled_at: later(9).toISOString(),
        due_at: null,
        ticket: null,
      });
      await expect(row(unmatched)).resolves.toMatchObject({
        state: 'unmatched',
        reason: 'no\uFFFD such entity',
        due_at: null,
      });
      await expect(row(failed)).resolves.toMatchObject({
        state: 'failed',
        settled_at: null,
        due_at: later(10_000).toISOString(),
        ticket: null,
      });
      await expect(row(left)).resolves.toMatchObject({
        state: 'pending',
        due_at: later(1005).toISOString(),
      });
      await expect(attemptsOf(failed)).resolves.toEqual([
        {
          attempt: 1,
          startedAt: later(5).toISOString(),
          endedAt: later(9).toISOString(),
          state: 'failed',
          reason: 'API is down',
        },
      ]);
      await expect(attemptsOf(left)).resolves.toEqual([]);
      await expect(claimed(later(9_999))).resolves.toEqual(['v4']);
      await expect(claimed(later(10_000))).resolves.toEqual(['v3']);
    });

    it('frees a claim when its lease ends, and heeds its holder no more', async () => {
      const [id] = await accept(['v1']);
      const lost = await claim(T0);
      await expect(claimed(later(999))).resolves.toEqual([]);
      const taken = await claim(later(1000));
      expect(taken.deliveries).toHaveLength(1);

      await expect(
        lost.settle(new Map([[id, { state: 'dead' }]]), later(1001)),
      ).resolves.toEqual(new Set());
      await lost.extend([id], later(60_000));
      await expect(row(id)).resolves.toMatchObject({
        state: 'pending',
        due_at: later(2000).toISOString(),
      });
      await expect(
        taken.settle(new Map([[id, { state: 'done' }]]), later(1003)),
      ).resolves.toEqual(new Set([id]));
      await expect(row(id)).resolves.toMatchObject({
        state: 'done',
        attempts: 2,
      });
    });

    it('keeps an attempt of which nothing more was heard, and counts it', async () => {
      const [id, other] = await accept(['v1', 'v2']);
      const first = await claim(T0);
      await first.settle(
        new Map([[other, { state: 'failed', retryAt: later(1000) }]]),
        later(5),
      );
      const second = await claim(later(1200));
      expect(second.deliveries.map(each => each.attemptsLost)).toEqual([
        1,
        undefined,
      ]);
      const third = await claim(later(2400));
      await third.settle(new Map([[id, { state: 'done' }]]), later(2401));

      const lost = {
        state: 'failed',
        reason: expect.stringContaining('The process that settled it ended'),
      };
      await expect(attemptsOf(id)).resolves.toEqual([
        {
          ...lost,
          attempt: 1,
          startedAt: T0.toISOString(),
          endedAt: later(1000).toISOString(),
        },
        {
          ...lost,
          attempt: 2,
          startedAt: later(1200).toISOString(),
          endedAt: later(2200).toISOString(),
        },
        {
          attempt: 3,
          startedAt: later(2400).toISOString(),
          endedAt: later(2401).toISOString(),
          state: 'done',
        },
      ]);
      await expect(attemptsOf(other)).resolves.toMatchObject([
        { attempt: 1, reason: undefined },
        { attempt: 2, ...lost },
      ]);
      await store.requeue([id, other], later(9000));
      const { deliveries } = await claim(later(9000));
      expect(deliveries.map(each => each.attemptsLost)).toEqual([
        undefined,
        undefined,
      ]);
    });

    it('keeps the claim of some for longer', async () => {
      const [, slow] = await accept(['v1', 'v2']);
      const { extend } = await claim(T0);

      await extend([slow], later(5000));
      await expect(claimed(later(4999))).resolves.toEqual(['v1']);
      await expect(claimed(later(5000))).resolves.toContain('v2');
    });

    it('has settled deliveries settled once more, but for ignored ones', async () => {
      const [done, unmatched] = await accept(['v1', 'v2']);
      const [ignored] = await acceptDeliveries(
        knex,
        [newDelivery({ ignored: 'ping' })],
        T0,
      );
      const { settle } = await claim(T0);
      await settle(
        new Map([
          [done, { state: 'done' }],
          [unmatched, { state: 'unmatched', reason: 'no such entity' }],
        ]),
        T0,
      );

      await expect(
        store.requeue([done, unmatched, ignored, 'unknown'], later(7000)),
      ).resolves.toBe(2);
      await expect(row(ignored)).resolves.toMatchObject({
        state: 'ignored',
        due_at: null,
      });
      const { deliveries } = await claim(later(7000));
      expect(deliveries).toHaveLength(2);
      expect(deliveries[1]).toMatchObject({
        id: unmatched,
        state: 'pending',
        attempts: 2,
        attemptsBefore: 1,
        receivedAt: T0,
        queuedAt: later(7000),
      });
      expect(deliveries[1]).not.toHaveProperty('reason');
    });

    it('takes a delivery from who is settling it where it is requeued', async () => {
      const [id] = await accept(['v1']);
      const { settle } = await claim(T0);
      await expect(store.requeue([id], later(10))).resolves.toBe(1);

      await settle(new Map([[id, { state: 'dead' }]]), later(11));
      await expect(row(id)).resolves.toMatchObject({ state: 'pending' });
      await expect(claimed(later(12))).resolves.toEqual(['v1']);
      await expect(attemptsOf(id)).resolves.toMatchObject([
        {
          attempt: 1,
          startedAt: T0.toISOString(),
          endedAt: later(10).toISOString(),
          state: 'failed',
          reason: 'It was delivered again before this was over',
        },
      ]);
    });

    it('requeues any number, while others settle the same', async () => {
      const ids = await accept(Array.from({ length: 1200 }, (_, i) => `v${i}`));
      const { settle } = await claim(T0, 2000);
      const settlements = new Map(
        [...ids].reverse().map(id => [id, { state: 'done' as const }]),
      );
      const [, counts] = await Promise.all([
        settle(settlements, T0),
        Promise.all([store.requeue(ids, T0), store.requeue(ids, T0)]),
      ]);

      expect(counts).toEqual([1200, 1200]);
      await expect(claimed(T0, 2000)).resolves.toHaveLength(1200);
    });

    it('keeps values out of its errors', async () => {
      const [id] = await accept(['very-private']);
      const { settle } = await claim(T0);
      tables.spoil(databaseId);
      await knex.schema.dropTable('custom_data_delivery_attempts');
      const error = await settle(
        new Map([[id, { state: 'failed', reason: 'very-private' }]]),
        T0,
      ).catch(e => e);
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toMatch(/^The database failed with "\w+"$/);
      expect(error.stack).not.toContain('very-private');
    });
  });
});
