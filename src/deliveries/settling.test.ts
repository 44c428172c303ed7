import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { aSender } from '../config/__testUtils__/aSender';
import { createTables } from '../database/__testUtils__/createTables';
import { minutes } from './__testUtils__/aDelivery';
import { deliveryLists } from './__testUtils__/deliveryLists';
import { annotationsOf } from '../deployments/annotations';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { findCurrentDeployments } from '../deployments/database/readDeployments';
import { recordDeployments } from '../deployments/database/recordDeployments';
import {
  type CurrentDeployment,
  toDeployment,
} from '../deployments/deployment';
import { acceptDeliveries } from './__testUtils__/acceptDeliveries';
import { SettleWorld } from './__testUtils__/settleWorld';
import { createDeliveryControl } from './createDeliveryControl';
import { createUnmatchedSweep } from './createUnmatchedSweep';
import { createDeliveryLog } from './database/createDeliveryLog';
import { createDeliveryStore } from './database/createDeliveryStore';
import type { Delivery, DeploymentTables, NewDelivery } from './delivery';

const aliases = { 'payments-legacy': 'payments-api' };
const REF = 'component:default/payments-api';
const never = new AbortController().signal;

/** What a sender posted, of which the stored delivery is to be like the one given. */
function toPost({ sender, event, id }: Delivery): NewDelivery {
  const payload = JSON.stringify({ id, event });
  return {
    sender,
    externalId: id,
    digest: createHash('sha256').update(payload).digest('hex'),
    secretId: 'one',
    dialect: 'catalog',
    content: { type: 'event', event },
    payload,
    headers: {},
  };
}

describe('settling over the tables', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    async function setUp() {
      const knex = await tables.empty(databaseId);
      const world = new SettleWorld();
      world.senders = [
        aSender({ aliases }),
        aSender({ name: 'argo', aliases }),
      ];
      const deliveries = createDeliveryStore({ knex });
      const deliveryLog = createDeliveryLog({ knex });
      const subjects = new DeploymentSubjects(world.senders);
      const deployments: DeploymentTables = {
        record: all =>
          recordDeployments({ knex, deployments: all.map(toDeployment) }),
        current: entityRefs =>
          findCurrentDeployments({ knex, subjects, entityRefs }),
      };
      const current = async () =>
        (await deployments.current([REF])).get(REF) ?? [];
      const shown = async () => annotationsOf(await current());
      const control = createDeliveryControl({
        ...world.options(),
        deliveries,
        deliveryLog,
        deployments,
        subjects,
        shown: { annotationsOf: async () => new Map([[REF, await shown()]]) },
        onQueued: () => {},
        now: () => world.now,
      });
      const worker = () => world.worker({ deliveries, deployments });
      const clear = async () => {
        await knex('custom_data_deliveries').delete();
        await knex('custom_data_delivery_attempts').delete();
        await knex('custom_data_deployments').delete();
        await knex('custom_data_current_deployments').delete();
        world.published.length = 0;
      };
      return {
        knex,
        world,
        deliveries,
        deliveryLog,
        current,
        shown,
        control,
        worker,
        clear,
      };
    }

    const idsOf = (current: CurrentDeployment[]) =>
      current.map(({ version }) => version).sort();

    it('comes to the same in any order, on two workers, and a replay of all changes nothing', async () => {
      const { knex, world, current, shown, control, worker, clear } =
        await setUp();
      await fc.assert(
        fc.asyncProperty(
          // Without a time it is the arrival that counts, and so the order.
          deliveryLists().map(({ deliveries: all, order }) => ({
            order,
            all: all.map(each => {
              each.event.time ??= minutes(each.sequence).toISOString();
              return each;
            }),
          })),
          async ({ all, order }) => {
            await clear();
            const ids = new Map<string, Delivery>();
            for (const each of all) {
              const [id] = await acceptDeliveries(
                knex,
                [toPost(each)],
                world.now,
              );
              ids.set(id, each);
            }
            await Promise.all([worker().run(never), worker().run(never)]);
            const [then, showed] = [idsOf(await current()), await shown()];
            const told = world.published.map(({ deliveryId }) => deliveryId);
            expect([...told].sort()).toEqual([...ids.keys()].sort());

            const plan = await control.planReplay({});
            expect(plan).toMatchObject({ count: all.length, entities: [] });
            await control.replay({}, plan.hash);
            await worker().run(never);
            expect(idsOf(await current())).toEqual(then);
            expect(await shown()).toEqual(showed);

            for (const { id } of order) {
              const again = [...ids].find(([, each]) => each.id === id)!;
              await control.redeliver(again[0]);
              await worker().run(never);
            }
            expect(idsOf(await current())).toEqual(then);
          },
        ),
        { numRuns: 12 },
      );
    });

    it('keeps each attempt, and applies what waited for its entity', async () => {
      const { knex, world, deliveries, deliveryLog, worker } = await setUp();
      world.missing.add(REF);
      const post = toPost(world.add('v1', { service: 'payments-api' }));
      const [id] = await acceptDeliveries(knex, [post], world.now);
      world.publish.mockRejectedValueOnce(new Error('the bus is down'));
      await worker().run(never);
      world.wait(1000);
      await worker().run(never);
      world.missing.clear();
      world.wait(1000);
      await expect(
        createUnmatchedSweep({
          ...world.options(),
          deliveries,
          onQueued: () => {},
        }).sweep(never),
      ).resolves.toBe(1);
      await worker().run(never);
      const found = await deliveryLog.find(id);
      expect(found).toMatchObject({ state: 'done', attempts: 3 });
      expect(found?.attemptList.map(({ state }) => state)).toEqual([
        'failed',
        'unmatched',
        'done',
      ]);
    });

    it('lets another finish what one left that was stopped', async () => {
      const { knex, world, deliveryLog, shown, worker } = await setUp();
      const posts = Array.from({ length: 30 }, (_, i) =>
        toPost(world.add(`v${i}`, { service: 'payments-api' })),
      );
      await acceptDeliveries(knex, posts, world.now);
      const killed = new AbortController();
      world.publish.mockImplementation(async () => {
        killed.abort();
        await new Promise(() => {});
      });
      await worker().run(killed.signal);
      world.publish.mockImplementation(async event => {
        world.published.push(event);
      });
      await worker().run(never);
      expect(world.published).toEqual([]);
      world.wait(15_000);
      await worker().run(never);

      expect(world.published).toHaveLength(30);
      expect(world.published.filter(({ current }) => current)).toMatchObject([
        { version: 'v29' },
      ]);
      expect((await shown())['custom/deployed-version.production']).toBe('v29');
      const { items } = await deliveryLog.list({}, { limit: 50 });
      expect(items.map(({ state }) => state).sort()).toEqual([
        'done',
        ...Array(29).fill('superseded'),
      ]);
    });
  });
});
