import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import {
  startReplica,
  type Replica,
} from './__testUtils__/replica/startReplica';
import { signStandard, WEBHOOK_KEY } from './__testUtils__/signWebhook';
import { deployment, SOON } from './__testUtils__/startCatalog';
import { startProxy, type Proxy } from './__testUtils__/startProxy';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const SERVICES = ['a', 'b', 'c'];
const VERSIONS = 8;
const NEWEST = `v${VERSIONS - 1}`;
const STANDARD = {
  dialect: 'standard-webhooks',
  secrets: [{ id: 'test', secret: WEBHOOK_KEY }],
};

interface Message {
  id: string;
  body: string;
}

/** Each version of each service: to production in the sender's own order, to staging by time. */
function messages(): Message[] {
  const start = Date.now() - 3_600_000;
  return SERVICES.flatMap(service =>
    Array.from({ length: VERSIONS }, (_, number) => number).flatMap(number => [
      message(service, number, 'production', { sequence: number }),
      message(service, number, 'staging', {
        time: new Date(start + number * 1000).toISOString(),
      }),
    ]),
  );
}

function message(
  service: string,
  number: number,
  environment: string,
  more: object,
): Message {
  const metadata = { environment };
  const payload = deployment(`v${number}`, { service, metadata, ...more });
  return {
    id: `${service}-${environment}-${number}`,
    body: JSON.stringify(payload),
  };
}

/** In an order that is always the same, and that of nobody. */
function shuffled<T>(items: T[]): T[] {
  const place = (index: number) => (index * 7919 + 13) % 104_729;
  return items
    .map((item, index) => ({ item, at: place(index) % 1009 }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

const post = (replica: Replica, { id, body }: Message) =>
  replica.post(body, { sign: signStandard({ id }) });

const idsOf = (given: Message[]) => given.map(({ id }) => id).sort();

describe('webhooks on one PostgreSQL', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  const replicas: Replica[] = [];
  let knex: Knex;
  let registry: Registry;
  let connection: any;
  let proxy: Proxy | undefined;

  beforeAll(async () => {
    registry = await startRegistry();
    SERVICES.forEach(name => registry.put(name));
  });

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    // Knex hides the password from what copies an object.
    const { password, ...others } = knex.client.config.connection;
    connection = {
      ...others,
      password: knex.client.config.connection.password,
    };
  });

  afterEach(async () => {
    await Promise.all(replicas.splice(0).map(replica => replica.kill()));
    await proxy?.shut();
    proxy = undefined;
  });

  afterAll(() => registry.stop());

  const table = (name: string) => knex(name).withSchema('catalog');

  async function start(more: JsonObject = {}): Promise<Replica> {
    const replica = await startReplica({
      connection: { ...connection, ...more },
      customData: {
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            schedule: { ...SOON.schedule, frequency: { hours: 1 } },
          },
        },
        webhooks: { ci: STANDARD },
      },
    });
    replicas.push(replica);
    await waitFor(async () =>
      expect(await replica.get('/entities?filter=kind=component')).toHaveLength(
        SERVICES.length,
      ),
    );
    return replica;
  }

  const expectNewest = (replica: Replica) =>
    waitFor(async () => {
      for (const { metadata } of await replica.get(
        '/entities?filter=kind=component',
      )) {
        expect(metadata.annotations).toMatchObject({
          'custom/deployed-version.production': NEWEST,
          'custom/deployed-version.staging': NEWEST,
        });
      }
    });

  /** Each message is one delivery, settled, and one deployment. */
  async function expectEachOnce(replica: Replica, sent: Message[]) {
    await waitFor(async () => {
      const rows = await table('custom_data_deliveries');
      expect(
        rows.filter(({ state }) => !['done', 'superseded'].includes(state)),
      ).toEqual([]);
      expect(rows.map(row => row.external_id).sort()).toEqual(idsOf(sent));
    });
    const deliveries = await table('custom_data_deliveries');
    const deployments = await table('custom_data_deployments');
    expect(deployments.map(row => row.delivery_id).sort()).toEqual(
      deliveries.map(row => row.delivery_id).sort(),
    );
    const { items } = await replica.get('/custom-data/deployments');
    expect(
      items.map(({ service, environment, version, current }: any) =>
        [service, environment, version, current].join(' '),
      ),
    ).toEqual(
      SERVICES.flatMap(service =>
        ['production', 'staging'].map(
          environment => `${service} ${environment} ${NEWEST} true`,
        ),
      ),
    );
  }

  it('shows the newest of each once, of what came doubled and out of order and whose process was killed', async () => {
    // One after the other, as they migrate the database.
    const one = await start();
    const other = await start();
    const sent = shuffled(messages());
    const half = sent.length / 2;
    // Settling stops where it records.
    const lock = await knex.transaction();
    try {
      await lock.raw(
        'LOCK TABLE catalog.custom_data_deployments IN SHARE MODE',
      );
      const answers = await Promise.all(
        sent
          .slice(0, half)
          .flatMap((each, i) =>
            i % 3 === 0
              ? [post(one, each), post(other, each)]
              : [post(i % 2 ? one : other, each)],
          ),
      );
      const accepted = answers.filter(({ status }) => status === 202);
      expect(accepted).toHaveLength(half);
      expect(answers.every(({ status }) => status <= 202)).toBe(true);
      await waitFor(async () => {
        const { rows } = await knex.raw(
          `SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation
           WHERE NOT granted AND relname = 'custom_data_deployments'`,
        );
        expect(rows).toHaveLength(2);
      });
      expect(await table('custom_data_delivery_attempts')).toEqual([]);

      await one.kill();
    } finally {
      await lock.rollback();
    }
    // What its senders had no answer to, they send again.
    const answers = await Promise.all(
      [...sent, ...sent].map(each => post(other, each)),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(
      sent.length - half,
    );

    await expectEachOnce(other, sent);
    await expectNewest(other);
  });

  it('acknowledges nothing that is not stored while the database is gone, and goes on when it is back', async () => {
    const { host, port } = connection;
    const front = await startProxy({ host, port: Number(port) });
    proxy = front;
    const replica = await start({ host: '127.0.0.1', port: front.port });
    const sent = shuffled(messages());
    const acknowledged = new Set<string>();
    const refused: Array<{ retryAfter: string | null }> = [];
    const odd: number[] = [];
    /** Sends what is not acknowledged yet, several at a time. */
    const sendAll = async () => {
      const waiting = sent.filter(({ id }) => !acknowledged.has(id));
      let shutting: Promise<void> | undefined;
      const shut = () => (shutting ??= front.shut());
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const { status, header } = await post(replica, next);
          if (status === 202 || status === 200) {
            acknowledged.add(next.id);
          } else if (status === 503) {
            refused.push({ retryAfter: header('Retry-After') });
          } else {
            odd.push(status);
          }
          if (acknowledged.size === 10 && refused.length === 0) {
            await shut();
          }
        }
      };
      await Promise.all(Array.from({ length: 5 }, work));
    };

    await sendAll();
    expect(refused.length).toBeGreaterThan(sent.length / 2);
    expect(refused.filter(each => !Number(each.retryAfter))).toEqual([]);
    expect(odd).toEqual([]);
    const stored = await table('custom_data_deliveries').pluck('external_id');
    expect(stored).toEqual(expect.arrayContaining([...acknowledged]));

    await front.open();
    await waitFor(async () => {
      await sendAll();
      expect([...acknowledged].sort()).toEqual(idsOf(sent));
    });

    expect(odd).toEqual([]);
    await expectEachOnce(replica, sent);
    await expectNewest(replica);
  });
});
