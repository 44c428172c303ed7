import type { Entity } from '@backstage/catalog-model';
import fc from 'fast-check';
import { aSender } from '../config/__testUtils__/aSender';
import { describeTables } from '../database/__testUtils__/describeTables';
import { listCurrentDeployments } from '../deployments/database/readDeployments';
import { toDeployment } from '../deployments/deployment';
import { currentOf } from '../deployments/order';
import { acceptDeliveries } from './__testUtils__/acceptDeliveries';
import { minutes } from './__testUtils__/aDelivery';
import { deliveryLists } from './__testUtils__/deliveryLists';
import { DeliveryWorld } from './__testUtils__/DeliveryWorld';
import { newDelivery } from './__testUtils__/newDelivery';
import type { Delivery } from './delivery';
import { claimDeliveries } from './database/claim';
import { planReplay, redeliver, replay, type ReplayContext } from './replay';
import { sweepUnmatched } from './sweepUnmatched';

const aliases = { 'payments-legacy': 'payments-api' };

describeTables('deliveries, from the table to the catalog %p', tables => {
  let world: DeliveryWorld;

  beforeEach(async () => {
    world = await createWorld();
  });

  async function createWorld(): Promise<DeliveryWorld> {
    const created = new DeliveryWorld(await tables.empty());
    created.senders = [
      aSender({ aliases }),
      aSender({ name: 'argo', aliases }),
    ];
    return created;
  }

  const accept = async ({ sender, event, id }: Delivery) => {
    const delivery = newDelivery({ ...event, sender, externalId: id });
    const [accepted] = await acceptDeliveries(
      world.knex,
      [delivery],
      world.now,
    );
    return accepted;
  };
  const contextOf = (): ReplayContext => ({
    knex: world.knex,
    subjects: world.subjects(),
    catalog: {
      getEntitiesByRefs: async ({ entityRefs }) => ({
        items: await Promise.all(
          entityRefs.map(
            async () =>
              ({
                metadata: { annotations: await world.shown('payments-api') },
              } as unknown as Entity),
          ),
        ),
      }),
    },
    ownCredentials: async () => ({} as never),
    onDeliveryDue: () => {},
    now: () => world.now,
  });
  const versions = async () => {
    const { items } = await listCurrentDeployments({
      knex: world.knex,
      filter: {},
      page: { limit: 99 },
    });
    return items.map(({ version }) => version).sort();
  };

  it('come to the same in any order, on two workers, and a replay of all changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        // Without a time it is the arrival that counts, and so the order.
        deliveryLists().map(({ deliveries, order, cuts }) => ({
          order,
          cuts,
          deliveries: deliveries.map(each => {
            each.event.time ??= minutes(each.sequence).toISOString();
            return each;
          }),
        })),
        async ({ deliveries, order, cuts }) => {
          world = await createWorld();
          await world.addEntities('payments-api');
          const workers = [world.worker(), world.worker()];
          const ids = new Map<string, string>();
          const processed: Array<Promise<void> | undefined> = [];
          for (const [i, from] of cuts.entries()) {
            for (const each of deliveries.slice(from, cuts[i + 1])) {
              ids.set(each.id, await accept(each));
            }
            processed.push((await workers[i % 2].claim()).ended);
          }
          await Promise.all(processed);

          const expected = currentOf(deliveries.map(toDeployment));
          const remaining = expected.map(({ version }) => version).sort();
          await expect(versions()).resolves.toEqual(remaining);
          const shown = await world.shown('payments-api');
          expect(
            world.published.map(({ deliveryId }) => deliveryId).sort(),
          ).toEqual([...ids.values()].sort());

          const plan = await planReplay(contextOf(), {});
          expect(plan).toMatchObject({
            count: deliveries.length,
            entities: [],
          });
          await replay(contextOf(), { filter: {}, hash: plan.hash });
          await world.run();
          await expect(versions()).resolves.toEqual(remaining);
          await expect(world.shown('payments-api')).resolves.toEqual(shown);

          for (const { id } of order) {
            await redeliver(contextOf(), ids.get(id)!);
            await world.run();
          }
          await expect(versions()).resolves.toEqual(remaining);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('keep each attempt, and wait for their entity', async () => {
    const id = await world.addUnknown('v1', { service: 'payments-api' });
    world.publish.mockRejectedValueOnce(new Error('the bus is down'));
    await world.run();
    world.wait(1000);
    await world.run();
    await world.addEntities('payments-api');
    world.wait(1000);
    await expect(
      sweepUnmatched({
        knex: world.knex,
        senders: world.senders,
        onDeliveryDue: () => {},
        now: () => world.now,
        signal: new AbortController().signal,
      }),
    ).resolves.toBe(1);
    await world.run();
    const found = await world.find(id);
    expect(found).toMatchObject({ state: 'done', attempts: 3 });
    expect(found.attemptList.map(({ state }) => state)).toEqual([
      'failed',
      'unmatched',
      'done',
    ]);
  });

  it('are finished by another process when one dies', async () => {
    await world.addEntities('payments-api');
    await acceptDeliveries(
      world.knex,
      Array.from({ length: 30 }, (_, i) =>
        newDelivery({ service: 'payments-api', version: `v${i}` }),
      ),
      world.now,
    );
    // A process that dies renews no lease and stores no outcome.
    const batch = await claimDeliveries({
      knex: world.knex,
      limit: 20,
      leaseMs: 15_000,
      now: world.now,
    });
    await world.processor().record(batch);
    world.wait(14_999);
    await world.run();
    expect(world.published).toHaveLength(10);
    world.wait(1);
    await world.run();

    expect(world.published).toHaveLength(30);
    expect(world.published.filter(({ current }) => current)).toMatchObject([
      { version: 'v29' },
    ]);
    await expect(world.shown('payments-api')).resolves.toMatchObject({
      'custom/deployed-version.production': 'v29',
    });
    const states = Object.values(await world.states());
    expect(states.sort()).toEqual(['done', ...Array(29).fill('superseded')]);
  });
});
