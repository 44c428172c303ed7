import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import {
  type Replica,
  startReplica,
} from './__testUtils__/replica/startReplica';
import { waitFor } from './__testUtils__/waitFor';

const CLIENTS = 20;
const WRITES = 5;
const NAMES = ['a', 'b'];

const pathOf = (name: string) => `/entities/by-name/component/default/${name}`;
const entityOf = (name: string, writers: string[]) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, annotations: { 'example.com/writers': writers.join() } },
  spec: { type: 'service', lifecycle: 'production', owner: 'a' },
});
const writersIn = (entity: any): string[] =>
  entity.metadata.annotations['example.com/writers'].split(',').filter(Boolean);

describe('pushes to two backends on one PostgreSQL', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let replicas: Replica[] = [];
  let knex: Knex;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    const { connection } = knex.client.config;
    const start = () =>
      startReplica({
        // Knex hides the password from what copies an object.
        connection: { ...connection, password: connection.password },
        processingInterval: { seconds: 10 },
        customData: {
          sources: {
            ci: {
              type: 'push',
              principals: ['test'],
              requireIfMatch: true,
            },
          },
        },
      });
    // One after another: both would migrate the catalog's tables.
    replicas = [await start(), await start()];
  });

  afterAll(async () => {
    await Promise.all(replicas.map(replica => replica.kill()));
  });

  /** Adds its name to an entity, again until nobody was faster. Gives how often somebody was. */
  async function write(writer: string, name: string, turn: number) {
    for (let tries = 0; ; tries++) {
      // Each time at the other backend.
      const replica = replicas[(turn + tries) % replicas.length];
      const { body, etag } = await replica.call(`GET ${pathOf(name)}`);
      const { status } = await replica.call(`PUT ${pathOf(name)}`, {
        body: entityOf(name, [...writersIn(body), writer]),
        headers: { 'If-Match': etag },
      });
      if (status !== 412) {
        expect(status).toBe(200);
        return tries;
      }
    }
  }

  it('never lose an update of twenty clients that send If-Match', async () => {
    const create = (name: string, client: number) =>
      replicas[client % replicas.length].call(`PUT ${pathOf(name)}`, {
        body: entityOf(name, []),
        headers: { 'If-None-Match': '*' },
      });
    for (const name of NAMES) {
      const attempts = await Promise.all(
        Array.from({ length: CLIENTS }, (_, client) => create(name, client)),
      );
      const statuses = attempts.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, ...Array(CLIENTS - 1).fill(412)]);
    }
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      let conflicts = 0;
      for (let i = 0; i < WRITES; i++) {
        const writer = `${client}-${i}`;
        const name = NAMES[(client + i) % NAMES.length];
        conflicts += await write(writer, name, client + i);
      }
      return conflicts;
    });
    const conflicts = (await Promise.all(clients)).reduce((sum, n) => sum + n);
    expect(conflicts).toBeGreaterThan(0);

    const expected = Array.from({ length: CLIENTS }, (_, client) =>
      Array.from({ length: WRITES }, (__, i) => `${client}-${i}`),
    ).flat();
    const written = async (read: (name: string) => Promise<any>) =>
      (await Promise.all(NAMES.map(read))).flatMap(writersIn).sort();
    for (const replica of replicas) {
      const read = async (name: string) =>
        (await replica.call(`GET ${pathOf(name)}`)).body;
      expect(await written(read)).toEqual(expected.sort());
      await waitFor(async () =>
        expect(await written(name => replica.get(pathOf(name)))).toEqual(
          expected,
        ),
      );
    }
    const { body } = await replicas[0].call('GET /conflicts?limit=1');
    expect(body.totalItems).toBeGreaterThan(0);
  });

  it('are in the catalog although the backend that stored them died at once', async () => {
    const [first, other] = replicas;
    const { etag } = await first.call(`GET ${pathOf('a')}`);
    const { status } = await first.call(`PUT ${pathOf('a')}`, {
      body: entityOf('a', ['last']),
      headers: { 'If-Match': etag },
    });
    await first.kill();
    replicas = [other];
    expect(status).toBe(200);
    // The lease of its run, if it had begun one, would end on its own.
    await knex('custom_data_runs')
      .withSchema('catalog')
      .where({ outcome: 'running' })
      .update({ lease_expires_at: new Date(0).toISOString() });
    await waitFor(async () =>
      expect(writersIn(await other.get(pathOf('a')))).toEqual(['last']),
    );
  });
});
