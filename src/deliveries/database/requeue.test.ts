import type { Knex } from 'knex';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { acceptDeliveries } from '../__testUtils__/acceptDeliveries';
import { completeDue } from '../__testUtils__/completeDue';
import { newDelivery } from '../__testUtils__/newDelivery';
import { claimDeliveries } from './claim';
import { completeDeliveries } from './complete';
import { findDelivery } from './readLog';
import {
  listUnmatchedServices,
  releaseHeld,
  requeueDeliveries,
  requeueUnmatched,
} from './requeue';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describeTables('requeue %p', tables => {
  let knex: Knex;

  beforeEach(() => {
    knex = tables.knex;
  });

  const claim = (now: Date) =>
    claimDeliveries({ knex, limit: 2000, leaseMs: 1000, now });
  const accept = (versions: string[]) =>
    acceptDeliveries(
      knex,
      versions.map(version => newDelivery({ version })),
      T0,
    );
  const find = (id: string) => findDelivery({ knex, id });

  describe('releaseHeld', () => {
    it('makes what was held of the senders due, and nothing else', async () => {
      const at = later(7000);
      const [held, other, pending] = await acceptDeliveries(
        knex,
        [
          newDelivery({ sender: 'paused', version: 'v1', held: true }),
          newDelivery({ sender: 'other', version: 'v2', held: true }),
          newDelivery({ sender: 'paused', version: 'v3' }),
        ],
        T0,
      );
      await expect(claim(T0)).resolves.toMatchObject([{ id: pending }]);

      const release = () =>
        releaseHeld({ knex, senders: ['paused', 'unknown'], now: at });
      await expect(release()).resolves.toBe(1);
      await expect(release()).resolves.toBe(0);

      await expect(find(other)).resolves.toMatchObject({ state: 'held' });
      await expect(find(held)).resolves.toMatchObject({ state: 'pending' });
      const claimed = (await claim(at)).map(({ id }) => id);
      expect(claimed).toContain(held);
      expect(claimed).not.toContain(other);
    });
  });

  describe('requeueDeliveries', () => {
    it('makes completed deliveries due again, except ignored ones', async () => {
      const [done, unmatched] = await accept(['v1', 'v2']);
      const [ignored] = await acceptDeliveries(
        knex,
        [newDelivery({ ignored: 'ping' })],
        T0,
      );
      await completeDue(knex, T0, ({ id }) => ({
        state: id === done ? 'done' : 'unmatched',
        reason: 'no such entity',
      }));

      await expect(
        requeueDeliveries({
          knex,
          ids: [done, unmatched, ignored, 'unknown'],
          now: later(7000),
        }),
      ).resolves.toBe(2);
      await expect(find(ignored)).resolves.toMatchObject({
        state: 'ignored',
        dueAt: undefined,
      });
      const deliveries = await claim(later(7000));
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

    it('takes a delivery from the process that works on it', async () => {
      const [id] = await accept(['v1']);
      const [delivery] = await claim(T0);
      await expect(
        requeueDeliveries({ knex, ids: [id], now: later(10) }),
      ).resolves.toBe(1);

      await completeDeliveries({
        knex,
        attempts: [{ delivery, outcome: { state: 'dead' } }],
        now: later(11),
      });
      await expect(find(id)).resolves.toMatchObject({
        state: 'pending',
        attemptList: [
          {
            attempt: 1,
            startedAt: T0.toISOString(),
            endedAt: later(10).toISOString(),
            state: 'failed',
            reason: 'It was delivered again before this was over',
          },
        ],
      });
      await expect(claim(later(12))).resolves.toHaveLength(1);
    });

    it('requeues any number, while others complete the same', async () => {
      const time = T0.toISOString();
      const ids = await acceptDeliveries(
        knex,
        Array.from({ length: 1001 }, (_, i) =>
          newDelivery({ version: `v${i}`, externalId: `${i}`, time }),
        ),
        T0,
      );
      const deliveries = await claim(T0);
      const requeue = () => requeueDeliveries({ knex, ids, now: T0 });
      const [, ...counts] = await Promise.all([
        completeDeliveries({
          knex,
          attempts: [...deliveries]
            .reverse()
            .map(delivery => ({ delivery, outcome: { state: 'done' } })),
          now: T0,
        }),
        requeue(),
        requeue(),
      ]);

      expect(counts).toEqual([1001, 1001]);
      await expect(claim(T0)).resolves.toHaveLength(1001);
    });
  });

  describe('of unmatched deliveries', () => {
    const SERVICES = [
      { sender: 'argo', service: 'Payments' },
      { sender: 'ci', service: 'Orders' },
      { sender: 'ci', service: 'Payments' },
    ];
    /** Two of each service that are unmatched, and one that is done. */
    async function addUnmatched(): Promise<string[]> {
      const ids = await acceptDeliveries(
        knex,
        ['v1', 'v2', 'done'].flatMap(version =>
          SERVICES.map(each => newDelivery({ ...each, version })),
        ),
        T0,
      );
      await completeDue(knex, T0, ({ event }) => ({
        state: event.version === 'done' ? 'done' : 'unmatched',
      }));
      return ids;
    }

    it('lists their services, each once, after a position', async () => {
      await addUnmatched();
      const first = await listUnmatchedServices({ knex, limit: 2 });
      expect(first).toEqual([
        { sender: 'argo', serviceKey: 'payments' },
        { sender: 'ci', serviceKey: 'orders' },
      ]);
      await expect(
        listUnmatchedServices({ knex, limit: 2, after: first[1] }),
      ).resolves.toEqual([{ sender: 'ci', serviceKey: 'payments' }]);
    });

    it('makes those of some services due again', async () => {
      const ids = await addUnmatched();
      await expect(
        requeueUnmatched({
          knex,
          services: [
            { sender: 'argo', serviceKey: 'payments' },
            { sender: 'ci', serviceKey: 'orders' },
          ],
          now: later(5),
        }),
      ).resolves.toBe(4);
      const deliveries = await claim(later(5));
      expect(deliveries.map(({ id }) => id)).toEqual([
        ids[0],
        ids[1],
        ids[3],
        ids[4],
      ]);
      expect(deliveries[0]).toMatchObject({
        state: 'pending',
        attemptsBefore: 1,
        queuedAt: later(5),
      });
      await expect(
        requeueUnmatched({ knex, services: [], now: later(5) }),
      ).resolves.toBe(0);
    });
  });
});
