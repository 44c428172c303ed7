import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { half } from './__testUtils__/faultyAnswers';
import {
  startReplica,
  type Replica,
} from './__testUtils__/replica/startReplica';
import { SOON } from './__testUtils__/startCatalog';
import {
  startFaultyApi,
  type Call,
  type FaultyApi,
  type ServedList,
} from './__testUtils__/startFaultyApi';
import { waitFor } from './__testUtils__/waitFor';

const NAMES = ['one', 'other'] as const;
type Name = (typeof NAMES)[number];

const service = (id: number, name: string = `s-${id}`, team: string = 'a') => ({
  id: `${id}`,
  name,
  team,
});
const namesOf = (records: JsonObject[]) =>
  records.map(({ name }) => name).sort();

describe('two backends on one PostgreSQL', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  const replicas = new Map<Name, Replica>();
  let knex: Knex;
  let api: FaultyApi;
  let list: ServedList;
  let lock: Knex.Transaction | undefined;

  const start = async (name: Name) => {
    const { connection } = knex.client.config;
    replicas.set(
      name,
      await startReplica({
        // Knex hides the password from what copies an object.
        connection: { ...connection, password: connection.password },
        processingInterval: { seconds: 10 },
        customData: {
          sources: {
            registry: {
              ...SOON,
              // The scheduler gives a killed process's task to others after that time.
              schedule: { ...SOON.schedule, timeout: { seconds: 30 } },
              url: api.url('registry'),
              headers: { 'X-Replica': name },
              id: 'id',
              entity: {
                kind: 'Component',
                metadata: {
                  name: '${{ name }}',
                  annotations: { team: '${{ team }}' },
                },
                spec: { type: 'service', lifecycle: 'x', owner: 'group:a' },
              },
            },
          },
        },
      }),
    );
  };
  const source = (name: Name) =>
    replicas.get(name)!.get('/custom-data/sources/registry');
  const entities = async (name: Name): Promise<string[]> =>
    (await replicas.get(name)!.get('/entities?filter=kind=component'))
      .map(({ metadata }: any) => metadata.name)
      .sort();
  const table = (name: string) => knex(name).withSchema('catalog');

  /** Kills the replica that polls; gives the other one, and what was under way. */
  const killPolling = async (name: Name) => {
    const survivor = NAMES.find(other => other !== name)!;
    const { lastRun } = await source(survivor);
    expect(lastRun.outcome).toBe('running');
    await replicas.get(name)!.kill();
    replicas.delete(name);
    list.fault = undefined;
    return { survivor, killed: lastRun.id as string };
  };

  const restartKilled = async () => {
    for (const name of NAMES.filter(known => !replicas.has(known))) {
      await start(name);
    }
  };

  /** The replica whose request comes next, which is then answered so. */
  const nextAsked = (answer: (call: Call) => void) =>
    new Promise<Name>(resolve => {
      list.fault = call => {
        resolve(call.req.headers['x-replica'] as Name);
        answer(call);
      };
    });

  const expectListed = (name: Name) =>
    waitFor(async () =>
      expect(await entities(name)).toEqual(namesOf(list.records)),
    );

  /** The catalog and the tables have each record of the list once. */
  const expectWhole = async (survivor: Name, killed: string) => {
    const names = namesOf(list.records);
    await expectListed(survivor);
    // By numbers alone the tables may look whole before.
    const runs = await waitFor(async () => {
      const { items } = await replicas
        .get(survivor)!
        .get('/custom-data/sources/registry/runs?limit=500');
      const place = items.findIndex(({ id }: any) => id === killed);
      expect(items[place].outcome).toBe('abandoned');
      expect(items[place - 1]).toMatchObject({ outcome: 'applied' });
      return items;
    });
    expect(runs.filter((run: any) => run.outcome === 'failed')).toEqual([]);
    await waitFor(async () =>
      expect(await source(survivor)).toMatchObject({
        state: 'idle',
        entities: names.length,
        failures: 0,
        problems: { errors: 0 },
      }),
    );
    expect((await source(survivor)).pendingPlan).toBeUndefined();
    const records = await table('custom_data_records').orderBy('record_id');
    expect(records.map(row => row.record_id)).toEqual(
      list.records.map(({ id }) => id).sort(),
    );
    const given = await table('custom_data_contributions');
    expect(given.map(row => row.entity_ref).sort()).toEqual(
      names.map(name => `component:default/${name}`),
    );
  };

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    api = await startFaultyApi();
    list = api.add('registry');
    list.records = Array.from({ length: 20 }, (_, id) => service(id));
    // One after the other, as they migrate the database.
    await restartKilled();
    await expectListed('one');
  });

  afterEach(async () => {
    if (lock && !lock.isCompleted()) {
      await lock.rollback();
    }
  });

  afterAll(async () => {
    await Promise.all([...replicas.values()].map(replica => replica.kill()));
    await api.stop();
  });

  it('takes over from a process that was killed while it read the list', async () => {
    const [, , ...rest] = list.records;
    list.records = [service(1, 's-1', 'b'), ...rest, service(20)];
    const polling = await nextAsked(({ res, list: served, ...call }) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.write(half({ res, list: served, ...call }));
    });

    const { survivor, killed } = await killPolling(polling);

    await expectWhole(survivor, killed);
    expect(survivor).not.toBe(polling);
  });

  it('repeats what a process did that was killed before it wrote it down', async () => {
    await restartKilled();
    const [first, , , ...rest] = list.records;
    lock = await knex.transaction();
    await lock.raw(
      'LOCK TABLE catalog.custom_data_records, catalog.custom_data_contributions IN SHARE MODE',
    );
    list.records = [
      { ...first, team: 'c' },
      service(2, 'renamed'),
      ...rest,
      service(21),
    ];
    const polling = await nextAsked(({ healthy }) => healthy());
    await waitFor(async () => {
      const { rows } = await knex.raw(
        `SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation
         WHERE NOT granted AND relname LIKE 'custom_data_%'`,
      );
      expect(rows).not.toEqual([]);
    });
    expect(
      await table('refresh_state')
        .whereIn('entity_ref', [
          'component:default/renamed',
          'component:default/s-21',
          'component:default/s-2',
        ])
        .count(),
    ).toEqual([{ count: '2' }]);

    const { survivor, killed } = await killPolling(polling);
    await lock.rollback();
    // Its lease would run out on its own, as in the test above.
    await table('custom_data_runs')
      .where({ outcome: 'running' })
      .update({
        lease_expires_at: new Date(0).toISOString(),
      });

    await expectWhole(survivor, killed);
  });
});
