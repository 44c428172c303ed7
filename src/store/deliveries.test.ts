import { TestDatabases } from '@backstage/backend-test-utils';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { NewDelivery } from '../model/delivery';
import { createDeliveryStore } from './deliveries';
import { migrate } from './migrate';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

function delivery(options: {
  version?: string;
  service?: string;
  environment?: string;
  sender?: string;
  externalId?: string;
}): NewDelivery {
  const { version = 'v1', service = 'Payments', sender = 'ci' } = options;
  const event = {
    event: 'deployment.success' as const,
    service,
    version,
    environment: options.environment ?? 'production',
    catalogRefresh: false,
  };
  const digest = createHash('sha256')
    .update(JSON.stringify(event))
    .digest('hex');
  return {
    sender,
    externalId: options.externalId,
    digest,
    secretId: '2026-q4',
    dialect: 'catalog',
    event,
  };
}

describe('createDeliveryStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  async function setUp(id: Parameters<typeof databases.init>[0]) {
    const knex = await databases.init(id);
    await migrate({ knex });
    return { knex, store: createDeliveryStore({ knex }) };
  }

  const rows = (knex: Knex) =>
    knex('custom_data_deliveries').orderBy('sequence').select('*');

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    it('lets none arrive before the one that it follows, though clocks differ', async () => {
      const { knex, store } = await setUp(databaseId);
      await store.accept(delivery({ version: 'v1' }), later(3000));
      await store.accept(delivery({ version: 'v2' }), T0);
      await store.accept(delivery({ service: 'other' }), T0);

      const received = (await rows(knex)).map(row => row.received_at);
      expect(received).toEqual(
        [later(3000), later(3000), T0].map(time => time.toISOString()),
      );
    });

    it('lets a claim be kept for longer, until it has passed to another', async () => {
      const { knex, store } = await setUp(databaseId);
      await store.accept(delivery({}), T0);
      const claim = (now: Date) =>
        store.claim({ limit: 1, leaseMs: 1000, now });
      const [first] = await claim(T0);

      await first.extend(later(5000));
      await expect(claim(later(4999))).resolves.toEqual([]);
      await expect(claim(later(5000))).resolves.toHaveLength(1);

      await first.extend(later(9000));
      const [row] = await rows(knex);
      expect(row.due_at).toBe(later(6000).toISOString());
    });

    it('stores a delivery and gives it back as it came', async () => {
      const { knex, store } = await setUp(databaseId);
      const { id, repeated } = await store.accept(
        delivery({ externalId: 'run-1' }),
        T0,
      );

      expect(repeated).toBe(false);
      await expect(rows(knex)).resolves.toEqual([
        expect.objectContaining({
          delivery_id: id,
          external_id: 'run-1',
          secret_id: '2026-q4',
          dialect: 'catalog',
          service_key: 'payments',
          state: 'pending',
          attempts: 0,
          due_at: T0.toISOString(),
        }),
      ]);
      const [claim] = await store.claim({ limit: 5, leaseMs: 1000, now: T0 });
      expect(claim.delivery).toEqual({
        id,
        sequence: expect.any(Number),
        sender: 'ci',
        event: delivery({}).event,
        state: 'pending',
        attempts: 1,
        receivedAt: T0,
      });
    });

    it("finds what repeats a sender's own id, whatever came since", async () => {
      const { knex, store } = await setUp(databaseId);
      const first = await store.accept(delivery({ externalId: 'a' }), T0);
      await store.accept(delivery({ externalId: 'b', version: 'v2' }), T0);

      await expect(
        store.accept(delivery({ externalId: 'a' }), later(1)),
      ).resolves.toEqual({ id: first.id, repeated: true });
      await expect(
        store.accept(delivery({ externalId: 'a', sender: 'other' }), later(1)),
      ).resolves.toMatchObject({ repeated: false });
      await expect(rows(knex)).resolves.toHaveLength(3);
    });

    it('tells a repeat from going back: v1, v1, v2, v1 are three', async () => {
      const { store } = await setUp(databaseId);
      const accept = (version: string) =>
        store.accept(delivery({ version }), T0);

      const first = await accept('v1');
      await expect(accept('v1')).resolves.toEqual({
        id: first.id,
        repeated: true,
      });
      await expect(accept('v2')).resolves.toMatchObject({ repeated: false });
      const back = await accept('v1');
      expect(back.repeated).toBe(false);
      expect(back.id).not.toBe(first.id);
      await expect(accept('v1')).resolves.toEqual({
        id: back.id,
        repeated: true,
      });
    });

    it('compares with the same sender, service and environment alone', async () => {
      const { store } = await setUp(databaseId);
      const first = await store.accept(delivery({}), T0);
      await store.accept(delivery({ service: 'orders' }), T0);
      await store.accept(delivery({ environment: 'staging' }), T0);
      await store.accept(delivery({ sender: 'other' }), T0);

      await expect(store.accept(delivery({}), T0)).resolves.toEqual({
        id: first.id,
        repeated: true,
      });
    });

    it.each([undefined, 'run-1'])(
      'stores equal posts at the same moment once (id %p)',
      async externalId => {
        const { knex, store } = await setUp(databaseId);
        const another = createDeliveryStore({ knex });
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            (i % 2 ? store : another).accept(delivery({ externalId }), T0),
          ),
        );

        expect(new Set(results.map(({ id }) => id)).size).toBe(1);
        expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
        await expect(rows(knex)).resolves.toHaveLength(1);
      },
    );

    it('answers the loser of a race with the id of the winner', async () => {
      const { knex, store } = await setUp(databaseId);
      const first = await store.accept(delivery({}), T0);
      // As if the look-up had come before the first was committed.
      const blind = createDeliveryStore({ knex: withoutLookUp(knex) });

      await expect(blind.accept(delivery({}), T0)).resolves.toEqual({
        id: first.id,
        repeated: true,
      });
    });

    it('claims what is due, oldest first, up to the limit', async () => {
      const { store } = await setUp(databaseId);
      for (const version of ['v1', 'v2', 'v3']) {
        await store.accept(delivery({ version }), T0);
      }
      await store.accept(delivery({ version: 'v4' }), later(1));
      const claim = async (limit: number, now: Date) =>
        (await store.claim({ limit, leaseMs: 60_000, now })).map(
          each => each.delivery.event.version,
        );

      await expect(claim(2, T0)).resolves.toEqual(['v1', 'v2']);
      await expect(claim(5, T0)).resolves.toEqual(['v3']);
      await expect(claim(5, T0)).resolves.toEqual([]);
      await expect(claim(5, later(1))).resolves.toEqual(['v4']);
    });

    it('never gives a delivery to two who claim at once', async () => {
      const { knex, store } = await setUp(databaseId);
      for (let i = 0; i < 30; i++) {
        await store.accept(delivery({ version: `v${i}` }), T0);
      }
      const replicas = Array.from({ length: 6 }, () =>
        createDeliveryStore({ knex }),
      );
      const claimed: string[] = [];
      for (let round = 0; round < 30 && claimed.length < 30; round++) {
        const claims = await Promise.all(
          replicas.map(replica =>
            replica.claim({ limit: 5, leaseMs: 60_000, now: T0 }),
          ),
        );
        claimed.push(...claims.flat().map(each => each.delivery.id));
      }

      expect(claimed).toHaveLength(30);
      expect(new Set(claimed).size).toBe(30);
      const attempts = (await rows(knex)).map(row => row.attempts);
      expect(new Set(attempts)).toEqual(new Set([1]));
    });

    it('settles for good', async () => {
      const { knex, store } = await setUp(databaseId);
      await store.accept(delivery({}), T0);
      const [claim] = await store.claim({ limit: 1, leaseMs: 1000, now: T0 });
      await claim.settle('unmatched', later(5), 'no such entity');

      await expect(rows(knex)).resolves.toEqual([
        expect.objectContaining({
          state: 'unmatched',
          reason: 'no such entity',
          settled_at: later(5).toISOString(),
          due_at: null,
          ticket: null,
        }),
      ]);
      await expect(
        store.claim({ limit: 1, leaseMs: 1000, now: later(1e9) }),
      ).resolves.toEqual([]);
    });

    it('gives back what failed, until it is due again', async () => {
      const { store } = await setUp(databaseId);
      await store.accept(delivery({}), T0);
      const [claim] = await store.claim({ limit: 1, leaseMs: 1000, now: T0 });
      await claim.retry({ at: later(10_000), reason: 'source is down' });

      const claimAt = (now: Date) =>
        store.claim({ limit: 1, leaseMs: 1000, now });
      await expect(claimAt(later(9_999))).resolves.toEqual([]);
      const [again] = await claimAt(later(10_000));
      expect(again.delivery).toMatchObject({
        state: 'failed',
        reason: 'source is down',
        attempts: 2,
      });
    });

    it('frees a claim when its lease ends, and heeds its holder no more', async () => {
      const { knex, store } = await setUp(databaseId);
      await store.accept(delivery({}), T0);
      const [lost] = await store.claim({ limit: 1, leaseMs: 1000, now: T0 });
      await expect(
        store.claim({ limit: 1, leaseMs: 1000, now: later(999) }),
      ).resolves.toEqual([]);
      const [taken] = await store.claim({
        limit: 1,
        leaseMs: 1000,
        now: later(1000),
      });

      await lost.settle('dead', later(1001), 'too late');
      await lost.retry({ at: later(1002), reason: 'too late' });
      await expect(rows(knex)).resolves.toEqual([
        expect.objectContaining({ state: 'pending', reason: null }),
      ]);
      await taken.settle('done', later(1003));
      await expect(rows(knex)).resolves.toEqual([
        expect.objectContaining({ state: 'done', attempts: 2 }),
      ]);
    });

    it('keeps values out of its errors', async () => {
      const { knex, store } = await setUp(databaseId);
      await knex.schema.dropTable('custom_data_deliveries');
      const error = await store
        .accept(delivery({ service: 'very-private' }), T0)
        .catch(e => e);
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toMatch(/^The database failed with '\w+'$/);
      expect(error.stack).not.toContain('very-private');
    });
  });
});

/** A knex whose first query of the deliveries finds nothing. */
function withoutLookUp(knex: Knex): Knex {
  let calls = 0;
  return new Proxy(knex, {
    apply(target, self, args) {
      const query: any = Reflect.apply(target as any, self, args);
      return calls++ === 0 ? query.whereRaw('1 = 0') : query;
    },
  });
}
