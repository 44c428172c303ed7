import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { recordedDelivery } from '../../deliveries/__testUtils__/recordedDelivery';
import type { Delivery } from '../../deliveries/delivery';
import type { DeploymentEventName, DeploymentStore } from '../deployment';
import { createDeploymentStore } from './createDeploymentStore';

describe('recordDeployments, on several replicas', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let store: DeploymentStore;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      store = createDeploymentStore({ knex });
    });

    it('comes to the same heads in any order of settling, together or apart', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(scenario(), async ({ events, order, sizes }) => {
          const service = `service-${run++}`;
          const all = events.map((event, i) => ({
            ...recordedDelivery({ ...event, arrival: i + 1, service }),
            id: `${service}-${i}`,
          }));
          const batches: Delivery[][] = [];
          for (let start = 0; start < order.length; ) {
            const size = sizes[batches.length];
            batches.push(order.slice(start, start + size).map(i => all[i]));
            start += size;
          }
          const atOnce = sizes[0] > 2;
          for (const batch of atOnce ? [] : batches) {
            await store.record(batch);
          }
          await Promise.all(
            (atOnce ? batches : []).map(batch => store.record(batch)),
          );

          const heads = await store.heads([service]);
          expect(heads.map(each => each.deliveryId).sort()).toEqual(
            newestOf(all).sort(),
          );
        }),
        { numRuns: 60 },
      );
    });

    it.each(['deployments', 'deployment_heads'])(
      'never waits in a circle for another that writes the same %s',
      async table => {
        tables.spoil(databaseId);
        await slowDown(knex, `custom_data_${table}`);
        const all = Array.from({ length: 60 }, (_, i) =>
          recordedDelivery({ arrival: i + 1, service: `s${i}` }),
        );
        await Promise.all([
          store.record(all),
          createDeploymentStore({ knex }).record([...all].reverse()),
        ]);
        await expect(
          store.heads(all.map(each => each.event.service)),
        ).resolves.toHaveLength(60);
      },
    );
  });
});

function scenario() {
  const event = fc.record({
    time: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    received: fc.integer({ min: 0, max: 6 }),
    sequence: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    environment: fc.constantFrom('staging', 'production'),
    sender: fc.constantFrom('ci', 'other'),
    event: fc.constantFrom<DeploymentEventName>(
      'deployment.success',
      'deployment.rollback',
      'deployment.removed',
      'deployment.failure',
    ),
  });
  return fc.array(event, { minLength: 1, maxLength: 10 }).chain(events =>
    fc.record({
      events: fc.constant(events),
      order: fc.shuffledSubarray(
        events.map((_, i) => i),
        { minLength: events.length },
      ),
      sizes: fc.array(fc.integer({ min: 1, max: 4 }), {
        minLength: 10,
        maxLength: 10,
      }),
    }),
  );
}

/** The ids of the newest of each lane, as the interface tells it. */
function newestOf(all: Delivery[]): string[] {
  const newest = new Map<string, Delivery>();
  for (const each of all) {
    const { event, environment, sequence } = each.event;
    const lane = `${each.sender} ${environment} ${sequence !== undefined}`;
    const known = newest.get(lane);
    if (
      event !== 'deployment.failure' &&
      (!known || compare(each, known) > 0)
    ) {
      newest.set(lane, each);
    }
  }
  return [...newest.values()].map(each => each.id);
}

function compare(a: Delivery, b: Delivery): number {
  const timeOf = (each: Delivery) =>
    Date.parse(each.event.time ?? each.receivedAt.toISOString());
  const order =
    a.event.sequence === undefined
      ? timeOf(a) - timeOf(b)
      : a.event.sequence - b.event.sequence!;
  return order || a.sequence - b.sequence;
}
