import fc from 'fast-check';
import { HeadsSnapshot } from './HeadsSnapshot';
import { aHead } from './__testUtils__/aHead';
import { deliveryLists } from './__testUtils__/deliveryLists';
import type { DeploymentHead } from './deployment';
import { deploymentOf, isDeciding } from './deploymentOf';
import { recordOnto } from './recordOnto';

describe('HeadsSnapshot', () => {
  const arrivals = (heads: Iterable<Pick<DeploymentHead, 'arrival'>>) =>
    [...heads].map(({ arrival }) => arrival).sort((a, b) => a - b);

  it('knows the same as the table, in whatever order and however often it is told', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries, order }) => {
        const snapshot = new HeadsSnapshot();
        const told = deliveries.map(deploymentOf).filter(isDeciding);
        const inOrder = order.map(deploymentOf);
        snapshot.learn(inOrder.filter(isDeciding));
        told.forEach(head => snapshot.learn([head]));

        const keys = new Set(told.map(({ serviceKey }) => serviceKey));
        expect(
          arrivals([...keys].flatMap(key => snapshot.headsOf(key))),
        ).toEqual(arrivals(recordOnto([], deliveries)));
      }),
    );
  });

  it('keeps one for each sender, environment and way of ordering, and no more of it than shows', () => {
    const snapshot = new HeadsSnapshot();
    snapshot.learn([
      aHead({ arrival: 1 }),
      aHead({ arrival: 2, sender: 'argo' }),
      aHead({ arrival: 3, environment: 'staging' }),
      aHead({ arrival: 4, sequence: 0 }),
      aHead({ arrival: 5, serviceKey: 'orders' }),
      aHead({ arrival: 6, sequence: 1 }),
    ]);
    expect(arrivals(snapshot.headsOf('payments-api'))).toEqual([1, 2, 3, 6]);
    expect(snapshot.headsOf('payments-api')[0]).not.toHaveProperty(
      'deliveryId',
    );
    expect(snapshot.headsOf('unknown')).toEqual([]);
  });

  it('compares few lanes with each other, however many a service has', () => {
    const compared = jest.fn();
    const headOf = (environment: string, arrival: number) =>
      Object.defineProperty(aHead({ arrival }), 'environment', {
        get: () => {
          compared();
          return environment;
        },
      });
    const names = Array.from({ length: 1000 }, (_, i) => `e${(i * 7) % 1000}`);
    const snapshot = new HeadsSnapshot();
    snapshot.learn(names.map((name, i) => headOf(name, i)));
    snapshot.learn(names.map((name, i) => headOf(name, 1000 + i)));

    expect(snapshot.headsOf('payments-api')).toHaveLength(1000);
    expect(Math.min(...arrivals(snapshot.headsOf('payments-api')))).toBe(1000);
    // To halve a thousand takes ten steps.
    expect(compared.mock.calls.length).toBeLessThan(2000 * 20);
  });

  describe('renewed', () => {
    const known = () => {
      const snapshot = new HeadsSnapshot();
      snapshot.learn([aHead({}), aHead({ serviceKey: 'gone' })]);
      return snapshot;
    };

    it('forgets in the end what it was not told, but for what it learned meanwhile', async () => {
      const snapshot = known();
      await snapshot.renew(async learn => {
        snapshot.learn([aHead({ serviceKey: 'new', arrival: 3 })]);
        snapshot.learn([aHead({ arrival: 2, version: 'v2' })]);
        learn([aHead({})]);
        expect(snapshot.headsOf('gone')).toHaveLength(1);
        expect(snapshot.headsOf('new')).toHaveLength(1);
      });
      expect(snapshot.headsOf('gone')).toHaveLength(0);
      expect(snapshot.headsOf('new')).toHaveLength(1);
      expect(snapshot.headsOf('payments-api')).toMatchObject([
        { version: 'v2' },
      ]);
    });

    it('takes an older one for a newer that is not there any more', async () => {
      const snapshot = known();
      snapshot.learn([aHead({ arrival: 5, status: 'removed' })]);
      await snapshot.renew(async learn => learn([aHead({ arrival: 2 })]));
      expect(snapshot.headsOf('payments-api')).toMatchObject([
        { status: 'success', arrival: 2 },
      ]);
    });

    it('keeps what it knows where the telling fails', async () => {
      const snapshot = known();
      const failure = new Error('no database');
      await expect(
        snapshot.renew(async learn => {
          learn([aHead({ arrival: 2, version: 'v2' })]);
          throw failure;
        }),
      ).rejects.toBe(failure);
      snapshot.learn([aHead({ serviceKey: 'new' })]);
      expect(snapshot.headsOf('gone')).toHaveLength(1);
      expect(snapshot.headsOf('payments-api')).toMatchObject([
        { version: 'v1' },
      ]);
    });
  });
});
