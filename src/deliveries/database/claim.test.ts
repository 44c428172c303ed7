import type { Knex } from 'knex';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { acceptDeliveries } from '../__testUtils__/acceptDeliveries';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { Outcome } from '../delivery';
import {
  claimDeliveries,
  type ClaimedDelivery,
  releaseClaims,
  renewClaims,
} from './claim';
import { completeDeliveries } from './complete';
import { findDelivery } from './readLog';
import { requeueDeliveries } from './requeue';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describeTables('claims %p', tables => {
  let knex: Knex;

  beforeEach(() => {
    knex = tables.knex;
  });

  const row = (id: string) =>
    knex('custom_data_deliveries').where({ delivery_id: id }).first();
  const accept = (versions: string[], now = T0) =>
    acceptDeliveries(
      knex,
      versions.map(version => newDelivery({ version })),
      now,
    );
  const claim = (now: Date, limit = 10) =>
    claimDeliveries({ knex, limit, leaseMs: 1000, now });
  const claimed = async (now: Date, limit?: number) =>
    (await claim(now, limit)).map(each => each.event.version);
  /** Stores outcomes by id; the ids of those that were stored. */
  const complete = async (
    deliveries: ClaimedDelivery[],
    outcomes: Record<string, Outcome>,
    now: Date,
  ) => {
    const completed = await completeDeliveries({
      knex,
      attempts: deliveries
        .filter(({ id }) => outcomes[id])
        .map(delivery => ({ delivery, outcome: outcomes[delivery.id] })),
      now,
    });
    return completed.map(({ delivery }) => delivery.id);
  };
  const attemptsOf = async (id: string) =>
    (await findDelivery({ knex, id }))?.attemptList;

  it('gives a delivery as it arrived', async () => {
    const [id] = await accept(['v1']);
    const deliveries = await claim(later(5));

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
        ticket: expect.any(String),
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

  it('never gives a delivery to two that claim at once, and leaves none behind', async () => {
    await accept(Array.from({ length: 60 }, (_, i) => `v${i}`));
    tables.spoil();
    await slowDown(knex, 'custom_data_deliveries');
    const claims = await Promise.all(
      Array.from({ length: 6 }, () =>
        claimDeliveries({ knex, limit: 10, leaseMs: 60_000, now: T0 }),
      ),
    );

    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);
  });

  it('stores each outcome, and the attempts', async () => {
    const [done, unmatched, failed, left] = await accept([
      'v1',
      'v2',
      'v3',
      'v4',
    ]);
    await complete(
      await claim(later(5)),
      {
        [done]: { state: 'done' },
        [unmatched]: { state: 'unmatched', reason: 'no\0 such entity' },
        [failed]: {
          state: 'failed',
          reason: 'API is down',
          retryAt: later(10_000),
        },
      },
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

  it('passes a delivery on when its lease ends, and ignores its last holder', async () => {
    const [id] = await accept(['v1']);
    const lost = await claim(T0);
    await expect(claimed(later(999))).resolves.toEqual([]);
    const taken = await claim(later(1000));
    expect(taken).toHaveLength(1);

    await expect(
      complete(lost, { [id]: { state: 'dead' } }, later(1001)),
    ).resolves.toEqual([]);
    await renewClaims({ knex, deliveries: lost, until: later(60_000) });
    await releaseClaims({ knex, deliveries: lost, now: later(60_000) });
    await expect(row(id)).resolves.toMatchObject({
      state: 'pending',
      due_at: later(2000).toISOString(),
    });
    await expect(
      complete(taken, { [id]: { state: 'done' } }, later(1003)),
    ).resolves.toEqual([id]);
    await expect(row(id)).resolves.toMatchObject({
      state: 'done',
      attempts: 2,
    });
  });

  it('stores the outcome of the holder, also beside that of the last one', async () => {
    const [id] = await accept(['v1']);
    const [lost] = await claim(T0);
    const [taken] = await claim(later(1000));
    const completed = await completeDeliveries({
      knex,
      attempts: [
        { delivery: taken, outcome: { state: 'done' } },
        { delivery: lost, outcome: { state: 'dead' } },
      ],
      now: later(1001),
    });
    expect(completed.map(({ delivery }) => delivery)).toEqual([taken]);
    await expect(row(id)).resolves.toMatchObject({ state: 'done' });
  });

  it('gives a delivery back as if it had not been claimed', async () => {
    const [id, other] = await accept(['v1', 'v2']);
    const deliveries = await claim(T0);
    await releaseClaims({
      knex,
      deliveries: deliveries.slice(0, 1),
      now: later(5),
    });

    await expect(row(id)).resolves.toMatchObject({
      state: 'pending',
      attempts: 0,
      ticket: null,
      due_at: later(5).toISOString(),
    });
    await expect(claim(later(5))).resolves.toMatchObject([{ id, attempts: 1 }]);
    await expect(attemptsOf(id)).resolves.toEqual([]);
    await expect(row(other)).resolves.toMatchObject({ attempts: 1 });
  });

  it('stores an attempt that was lost with its process, and counts it', async () => {
    const [id, other] = await accept(['v1', 'v2']);
    await complete(
      await claim(T0),
      { [other]: { state: 'failed', retryAt: later(1000) } },
      later(5),
    );
    const second = await claim(later(1200));
    expect(second.map(each => each.attemptsLost)).toEqual([1, undefined]);
    await complete(
      await claim(later(2400)),
      { [id]: { state: 'done' } },
      later(2401),
    );

    const lost = {
      state: 'failed',
      reason: expect.stringContaining('The process that worked on it ended'),
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
    await requeueDeliveries({ knex, ids: [id, other], now: later(9000) });
    const deliveries = await claim(later(9000));
    expect(deliveries.map(each => each.attemptsLost)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('renews the claims of some deliveries', async () => {
    await accept(['v1', 'v2']);
    const [, slow] = await claim(T0);

    await renewClaims({ knex, deliveries: [slow], until: later(5000) });
    await expect(claimed(later(4999))).resolves.toEqual(['v1']);
    await expect(claimed(later(5000))).resolves.toContain('v2');
    await renewClaims({ knex, deliveries: [], until: later(5000) });
  });

  it('does not call it a fault of the database that an event cannot be read', async () => {
    await accept(['v1']);
    await knex('custom_data_deliveries').update({ event: 'no JSON' });
    await expect(claim(T0)).rejects.toMatchObject({ name: 'SyntaxError' });
  });

  it('keeps values out of its errors', async () => {
    const [id] = await accept(['very-private']);
    const deliveries = await claim(T0);
    tables.spoil();
    await knex.schema.dropTable('custom_data_delivery_attempts');
    const error = await complete(
      deliveries,
      { [id]: { state: 'failed', reason: 'very-private' } },
      T0,
    ).catch(e => e);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toMatch(/^The database failed with "\w+"$/);
    expect(error.stack).not.toContain('very-private');
  });
});
