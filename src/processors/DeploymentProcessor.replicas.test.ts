import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { aSender } from '../config/__testUtils__/aSender';
import { createTables } from '../database/__testUtils__/createTables';
import { setProcessClock } from '../database/__testUtils__/setProcessClock';
import {
  at,
  type Given,
  recordedDelivery,
} from '../deliveries/__testUtils__/recordedDelivery';
import { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import { createDeploymentStore } from '../deployments/database/createDeploymentStore';
import { DeploymentProcessor } from './DeploymentProcessor';

describe('DeploymentProcessor, over the tables', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);
  let elapsed = 0;

  /** A replica whose clock differs by so many milliseconds. */
  const replica = (knex: Knex, clock = 0) => {
    const setClock = () =>
      setProcessClock(new Date(at(0).getTime() + elapsed + clock));
    const store = createDeploymentStore({ knex });
    const processor = new DeploymentProcessor({
      senders: [aSender()],
      deployments: store,
      snapshot: new HeadsSnapshot(),
      elapsed: () => elapsed,
    });
    return {
      record(...given: Given[]) {
        setClock();
        return store.record(given.map(recordedDelivery));
      },
      async shows(name: string, of = processor) {
        setClock();
        const entity = {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: { name },
        };
        const { metadata } = await of.postProcessEntity(
          await of.preProcessEntity(entity),
          {},
          () => {},
        );
        return (metadata as { annotations?: Record<string, string> })
          .annotations?.['custom/deployed-version.production'];
      },
    };
  };
  type Replica = ReturnType<typeof replica>;

  beforeEach(() => {
    elapsed = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
    });

    it.each([0, -12_000, 3_600_000])(
      'shows on one replica what the other recorded, their clocks %d ms apart',
      async clock => {
        const one = replica(knex);
        const other = replica(knex, clock);
        await one.record({ arrival: 1, service: 'a' });
        await expect(other.shows('a')).resolves.toBe('v1');

        for (const arrival of [2, 3, 4]) {
          elapsed += 60_000;
          await one.shows('a');
          await other.shows('a');
          await one.record({ arrival, service: 'a' });
          elapsed += 251;
          await expect(other.shows('a')).resolves.toBe(`v${arrival}`);
        }
      },
    );

    it('shows all of a burst that several replicas record, the newest of each', async () => {
      const replicas: Replica[] = [0, 40, -300].map(ms => replica(knex, ms));
      await Promise.all(replicas.map(each => each.shows('s0')));
      for (let round = 0; round < 3; round++) {
        await Promise.all(
          replicas.map((each, i) =>
            each.record(
              ...Array.from({ length: 100 }, (_, service) => ({
                arrival: 1 + service + 100 * (3 * round + i),
                service: `s${service}`,
                time: 0,
              })),
            ),
          ),
        );
        elapsed += 120;
      }
      elapsed += 251;
      for (const each of replicas) {
        for (const service of [0, 50, 99]) {
          await expect(each.shows(`s${service}`)).resolves.toBe(
            `v${801 + service}`,
          );
        }
      }
    });

    it('asks a few times for a thousand entities, ten at a time, and begins with all heads', async () => {
      const one = replica(knex);
      const given = Array.from({ length: 4500 }, (_, i) => ({
        arrival: i + 1,
        service: `s${i}`,
      }));
      await one.record(...given);
      await knex('custom_data_deployment_heads').update({
        changed_at: '2026-01-01T00:00:00.000Z',
      });
      const queries = jest.fn();
      knex.on('query', queries);

      for (let start = 0; start < 1000; start += 10) {
        const shown = await Promise.all(
          Array.from({ length: 10 }, (_, i) => one.shows(`s${start + i}`)),
        );
        expect(shown[9]).toBe(`v${start + 10}`);
        elapsed += 10;
      }
      await expect(one.shows('s4499')).resolves.toBe('v4500');
      // Three to begin with, and then one each quarter of a second.
      expect(queries.mock.calls.length).toBeLessThanOrEqual(3 + 4);
    });
  });
});
