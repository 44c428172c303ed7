import fc from 'fast-check';
import type { Knex } from 'knex';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { aDeployment, at, type Given } from '../__testUtils__/aDeployment';
import type { Deployment } from '../deployment';
import { currentOf } from '../order';
import {
  listCurrentDeployments,
  listDeploymentHistory,
} from './readDeployments';
import { recordDeployments } from './recordDeployments';

const ALL = { filter: {}, page: { limit: 10_000 } };

describeTables('recordDeployments %p', tables => {
  let knex: Knex;

  beforeEach(() => {
    knex = tables.knex;
  });

  const record = (...given: Given[]) =>
    recordDeployments({ knex, deployments: given.map(aDeployment) });
  const current = async () =>
    (await listCurrentDeployments({ knex, ...ALL })).items;
  const versions = async () =>
    (await current()).map(({ version }) => version).sort();
  const history = async () =>
    (await listDeploymentHistory({ knex, ...ALL })).items.map(
      ({ version }) => version,
    );

  it('keeps all of a deployment in the history, and what orders it of a current one', async () => {
    const deployment = aDeployment({
      arrival: 7,
      time: 3,
      sequence: 2 ** 53 - 1,
      url: 'https://ci.example.com/7',
      commit: 'abc',
    });
    await recordDeployments({ knex, deployments: [deployment] });

    const { url, commit, ...rest } = deployment;
    expect(rest).toMatchObject({
      serviceKey: 'payments',
      eventAt: at(3).toISOString(),
      sequence: 2 ** 53 - 1,
    });
    await expect(current()).resolves.toEqual([rest]);
    await expect(
      listDeploymentHistory({ knex, ...ALL }),
    ).resolves.toMatchObject({ items: [deployment] });
  });

  it('records the same delivery once', async () => {
    await record({ arrival: 1 }, { arrival: 1 });
    await record({ arrival: 1 });
    await expect(history()).resolves.toEqual(['v1']);
    await expect(versions()).resolves.toEqual(['v1']);
  });

  it('orders by the time of the event, then by arrival', async () => {
    await record({ arrival: 9, time: 5 });
    await record({ arrival: 10, time: 4 });
    await record({ arrival: 8, time: 5 });
    await expect(versions()).resolves.toEqual(['v9']);
    // As text, 10 would come before 9.
    await record({ arrival: 10, time: 5 });
    await expect(versions()).resolves.toEqual(['v10']);
  });

  it('takes the time of receipt for an event without one', async () => {
    await record({ arrival: 1, received: 10 }, { arrival: 2, time: 9 });
    await expect(versions()).resolves.toEqual(['v1']);
    await record({ arrival: 3, time: 11 });
    await expect(versions()).resolves.toEqual(['v3']);
  });

  it("orders by the sender's own sequence where there is one, whatever the times, apart from those without", async () => {
    await record({ arrival: 1, sequence: 10, time: 1 });
    await record({ arrival: 2, sequence: 9, time: 5 });
    await expect(versions()).resolves.toEqual(['v1']);
    await record({ arrival: 3, time: 0 });
    await expect(versions()).resolves.toEqual(['v1', 'v3']);
    await record({ arrival: 4, sequence: 10, time: 0 });
    await expect(versions()).resolves.toEqual(['v3', 'v4']);
    await record({ arrival: 5, time: 1 }, { arrival: 6, sequence: 11 });
    await expect(versions()).resolves.toEqual(['v5', 'v6']);
  });

  it.each(['deployment.started', 'deployment.failure'] as const)(
    'only adds %s to the history',
    async event => {
      await record({ arrival: 1 }, { arrival: 2, event });
      await expect(versions()).resolves.toEqual(['v1']);
      await expect(history()).resolves.toEqual(['v2', 'v1']);
    },
  );

  it('keeps what was removed, so that no late event brings it back', async () => {
    await record({ arrival: 2, time: 2, event: 'deployment.removed' });
    await record({ arrival: 3, time: 1 });
    await expect(current()).resolves.toMatchObject([
      { status: 'removed', arrival: 2 },
    ]);
    await record({ arrival: 4, time: 3, event: 'deployment.rollback' });
    await expect(versions()).resolves.toEqual(['v4']);
  });

  it('takes any text that a sender may send', async () => {
    const odd = `\0 ' " \\ ? :x $1 \uD83D \u{1F600}`;
    await record({
      arrival: 1,
      service: odd,
      environment: odd,
      version: odd,
      url: odd,
    });
    const { items } = await listDeploymentHistory({ knex, ...ALL });
    expect(items[0].version).toBe(`\uFFFD ' " \\ ? :x $1 \uFFFD \u{1F600}`);
    expect(items[0].url).toBe(items[0].version);
  });

  it('keeps the same as the comparison in JavaScript, in any order and on several replicas', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(scenario(), async ({ events, order, sizes }) => {
        const service = `service-${run++}`;
        const all = events.map((event, i) => ({
          ...aDeployment({ ...event, arrival: i + 1, service }),
          deliveryId: `${service}-${i}`,
        }));
        const batches: Deployment[][] = [];
        for (let start = 0; start < order.length; ) {
          const size = sizes[batches.length];
          batches.push(order.slice(start, start + size).map(i => all[i]));
          start += size;
        }
        const atOnce = sizes[0] > 2;
        for (const deployments of atOnce ? [] : batches) {
          await recordDeployments({ knex, deployments });
        }
        await Promise.all(
          (atOnce ? batches : []).map(deployments =>
            recordDeployments({ knex, deployments }),
          ),
        );

        const idsOf = (deployments: Array<{ deliveryId: string }>) =>
          deployments.map(({ deliveryId }) => deliveryId).sort();
        const { items } = await listCurrentDeployments({
          knex,
          filter: { serviceKey: service },
          page: { limit: 100 },
        });
        expect(idsOf(items)).toEqual(idsOf(currentOf(all)));
      }),
      { numRuns: 60 },
    );
  });

  it.each(['deployments', 'current_deployments'])(
    'never deadlocks with another replica that writes the same %s',
    async table => {
      tables.spoil();
      await slowDown(knex, `custom_data_${table}`);
      const deployments = Array.from({ length: 60 }, (_, i) =>
        aDeployment({ arrival: i + 1, service: `s${i}` }),
      );
      await Promise.all([
        recordDeployments({ knex, deployments }),
        recordDeployments({ knex, deployments: [...deployments].reverse() }),
      ]);
      await expect(current()).resolves.toHaveLength(60);
    },
  );
});

function scenario() {
  const event = fc.record({
    time: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    received: fc.integer({ min: 0, max: 6 }),
    sequence: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    environment: fc.constantFrom('staging', 'production'),
    sender: fc.constantFrom('ci', 'other'),
    event: fc.constantFrom(
      'deployment.success' as const,
      'deployment.rollback' as const,
      'deployment.removed' as const,
      'deployment.failure' as const,
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
