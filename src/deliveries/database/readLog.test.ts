import { describeTables } from '../../database/__testUtils__/describeTables';
import { acceptDeliveries } from '../__testUtils__/acceptDeliveries';
import { completeDue } from '../__testUtils__/completeDue';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { DeliveryState, NewDelivery, Outcome } from '../delivery';
import {
  type DeliveryFilter,
  findDelivery,
  listDeliveries,
  selectDeliveries,
} from './readLog';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describeTables('the log of deliveries %p', tables => {
  const accept = (deliveries: NewDelivery[], now = T0) =>
    acceptDeliveries(tables.knex, deliveries, now);
  const complete = (now: Date, outcome: Outcome) =>
    completeDue(tables.knex, now, () => outcome);
  const find = (id: string) => findDelivery({ knex: tables.knex, id });
  const list = (
    filter: DeliveryFilter,
    page: { limit: number; after?: string[] },
  ) => listDeliveries({ knex: tables.knex, filter, page });

  it('finds a delivery with what was sent and each attempt', async () => {
    const delivery = newDelivery({ externalId: 'run-1', sequence: 3 });
    const [id] = await accept([delivery]);
    await complete(later(10), {
      state: 'failed',
      reason: 'API is down',
      retryAt: later(20),
    });
    await complete(later(20), { state: 'done' });

    await expect(find(id)).resolves.toEqual({
      id,
      sender: 'ci',
      externalId: 'run-1',
      secretId: '2026-q4',
      dialect: 'catalog',
      event: delivery.content.type === 'event' && delivery.content.event,
      state: 'done',
      reason: undefined,
      attempts: 2,
      receivedAt: T0.toISOString(),
      settledAt: later(21).toISOString(),
      dueAt: undefined,
      digest: delivery.digest,
      headers: { 'content-type': 'application/json' },
      payload: delivery.payload,
      attemptList: [
        {
          attempt: 1,
          startedAt: later(10).toISOString(),
          endedAt: later(11).toISOString(),
          state: 'failed',
          reason: 'API is down',
        },
        {
          attempt: 2,
          startedAt: later(20).toISOString(),
          endedAt: later(21).toISOString(),
          state: 'done',
          reason: undefined,
        },
      ],
    });
    await expect(find('unknown')).resolves.toBeUndefined();
  });

  it('lists the latest first, page by page, without payloads', async () => {
    const ids = await accept([
      ...['v1', 'v2', 'v3', 'v4'].map(version => newDelivery({ version })),
      newDelivery({ ignored: "Event 'ping' is not ours" }),
    ]);
    const first = await list({}, { limit: 3 });
    expect(first.totalItems).toBe(5);
    expect(first.items.map(({ id }) => id)).toEqual(
      [...ids].reverse().slice(0, 3),
    );
    expect(first.items[0]).toMatchObject({
      state: 'ignored',
      event: undefined,
      reason: "Event 'ping' is not ours",
    });
    expect(first.items[1]).not.toHaveProperty('payload');
    expect(first.next).toEqual([expect.any(String)]);

    const second = await list({}, { limit: 3, after: first.next });
    expect(second.items.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(second.next).toBeUndefined();
  });

  it('finds what a filter asks for', async () => {
    await accept([
      newDelivery({ version: 'v1' }),
      newDelivery({ version: 'v2', sender: 'other' }),
    ]);
    await accept(
      [
        newDelivery({ version: 'v3', service: 'orders' }),
        newDelivery({ version: 'v4', environment: 'staging', target: 'eu' }),
      ],
      later(5),
    );
    const versions = async (filter: DeliveryFilter) =>
      (await list(filter, { limit: 9 })).items.map(each => each.event?.version);

    await expect(versions({ sender: 'ci' })).resolves.toEqual([
      'v4',
      'v3',
      'v1',
    ]);
    await expect(versions({ service: 'PAYMENTS' })).resolves.toEqual([
      'v4',
      'v2',
      'v1',
    ]);
    await expect(
      versions({ environment: 'production', sender: 'ci' }),
    ).resolves.toEqual(['v3', 'v1']);
    await expect(
      versions({ environment: 'staging', target: 'eu' }),
    ).resolves.toEqual(['v4']);
    await expect(versions({ environment: 'staging' })).resolves.toEqual(['v4']);
    await expect(versions({ since: later(5) })).resolves.toEqual(['v4', 'v3']);
    await expect(versions({ until: later(5) })).resolves.toEqual(['v2', 'v1']);
  });

  it.each<DeliveryState>([
    'pending',
    'done',
    'unmatched',
    'superseded',
    'ignored',
    'failed',
    'dead',
  ])('finds what is %s', async state => {
    await accept([newDelivery({ service: 'completed' })]);
    await complete(T0, {
      state: (['pending', 'ignored'].includes(state)
        ? 'done'
        : state) as 'done',
      retryAt: later(9),
    });
    await accept([newDelivery({ ignored: 'ping' })], later(10));
    if (state === 'pending') {
      await accept([newDelivery({ service: 'waits' })], later(10));
    }

    const { items, totalItems } = await list({ state }, { limit: 9 });
    expect(items.map(each => each.state)).toEqual([state]);
    expect(totalItems).toBe(1);
  });

  it('selects what is about a deployment, the earliest first, up to a limit', async () => {
    const ids = await accept([
      newDelivery({ version: 'v1' }),
      newDelivery({ ignored: 'ping' }),
      newDelivery({ version: 'v2' }),
      newDelivery({ version: 'v3' }),
    ]);

    const select = (filter: DeliveryFilter, limit: number) =>
      selectDeliveries({ knex: tables.knex, filter, limit });
    const selected = await select({ service: 'payments' }, 2);
    expect(selected.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    await expect(select({}, 9)).resolves.toHaveLength(3);
    await expect(select({ state: 'ignored' }, 3)).resolves.toEqual([]);
  });
});
