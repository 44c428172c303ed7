import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { createDeliveryStore } from './createDeliveryStore';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);

describe('acceptAll', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let knex: Knex;
    let accept: (
      deliveries: NewDelivery[],
      now?: Date,
    ) => Promise<AcceptedDelivery[]>;
    const rows = () =>
      knex('custom_data_deliveries').orderBy('sequence').select('*');

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      const store = createDeliveryStore({ knex });
      accept = async (deliveries, now = T0) =>
        (await store.acceptAll(deliveries, now)) as AcceptedDelivery[];
    });

    it('stores a delivery with all that is known of it', async () => {
      const delivery = newDelivery({ externalId: 'run-1' });
      const [{ id, repeated }] = await accept([delivery]);

      expect(repeated).toBe(false);
      await expect(rows()).resolves.toEqual([
        expect.objectContaining({
          delivery_id: id,
          sender: 'ci',
          external_id: 'run-1',
          digest: delivery.digest,
          secret_id: '2026-q4',
          dialect: 'catalog',
          service_key: 'payments',
          environment: 'production',
          state: 'pending',
          attempts: 0,
          attempts_before: 0,
          received_at: T0.toISOString(),
          due_at: T0.toISOString(),
          settled_at: null,
          payload: delivery.payload,
          headers: '{"content-type":"application/json"}',
        }),
      ]);
    });

    it('stores many in two statements, in the order given, whoever they are about', async () => {
      await accept([newDelivery({ version: 'v0' })]);
      const statements = jest.fn();
      knex.on('query', statements);
      const many = Array.from({ length: 150 }, (_, i) =>
        newDelivery({
          version: `v${i}`,
          service: `service-${i % 7}`,
          externalId: i % 3 ? `run-${i}` : undefined,
          payload: `{"größe":"${'\u{1F680}"'.repeat(i)}"}`,
        }),
      );
      const answers = await accept(many);

      expect(statements).toHaveBeenCalledTimes(2);
      const stored = (await rows()).slice(1);
      expect(stored.map(row => row.payload)).toEqual(
        many.map(each => each.payload),
      );
      expect(stored.map(row => row.delivery_id)).toEqual(
        answers.map(answer => answer.id),
      );
    });

    it("finds what repeats a sender's own id, whatever came since", async () => {
      const [first, , again] = await accept([
        newDelivery({ externalId: 'a' }),
        newDelivery({ externalId: 'b', version: 'v2' }),
        newDelivery({ externalId: 'a' }),
      ]);
      expect(again).toEqual({ id: first.id, repeated: true });

      await expect(
        accept([
          newDelivery({ externalId: 'a', time: '2026-11-22T12:00:00.000Z' }),
          newDelivery({ externalId: 'a', sender: 'other' }),
        ]),
      ).resolves.toEqual([
        { id: first.id, repeated: true },
        { id: expect.any(String), repeated: false },
      ]);
      await expect(rows()).resolves.toHaveLength(3);
    });

    it("asks nothing before it stores what has an id and a time of the sender's", async () => {
      const time = '2026-11-22T12:00:00.000Z';
      const statements: string[] = [];
      knex.on('query', ({ sql }) => statements.push(sql));
      const [first] = await accept([newDelivery({ externalId: 'a', time })]);
      const asked = statements.length;
      const again = await accept([newDelivery({ externalId: 'a', time })]);

      expect(asked).toBe(1);
      expect(again).toEqual([{ id: first.id, repeated: true }]);
    });

    it("takes what is told of something else under a sender's own id for another", async () => {
      const answers = await accept([
        newDelivery({ externalId: 'run-1' }),
        newDelivery({ externalId: 'run-1', service: 'other' }),
        newDelivery({ externalId: 'run-1', version: 'v2' }),
      ]);

      expect(answers.map(({ repeated }) => repeated)).toEqual([
        false,
        false,
        false,
      ]);
    });

    it('tells a repeat from going back: v1, v1, v2, v1 are three', async () => {
      const batch = ['v1', 'v1', 'v2', 'v1', 'v1'].map(version =>
        newDelivery({ version }),
      );
      const answers = await accept(batch);

      expect(answers.map(({ repeated }) => repeated)).toEqual([
        false,
        true,
        false,
        false,
        true,
      ]);
      expect(answers[1].id).toBe(answers[0].id);
      expect(answers[4].id).toBe(answers[3].id);
      expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
    });

    it('compares with the same sender, service and environment alone', async () => {
      const [first] = await accept([newDelivery()]);
      await accept([
        newDelivery({ service: 'orders' }),
        newDelivery({ environment: 'staging' }),
        newDelivery({ sender: 'other' }),
      ]);

      await expect(
        accept([newDelivery({ service: 'PAYMENTS' }), newDelivery()]),
      ).resolves.toEqual([
        { id: expect.any(String), repeated: false },
        { id: expect.any(String), repeated: false },
      ]);
      await expect(accept([newDelivery({ sender: 'other' })])).resolves.toEqual(
        [{ id: expect.any(String), repeated: true }],
      );
      expect(first.repeated).toBe(false);
    });

    it('settles what concerns nobody at once, and knows its repeats', async () => {
      const ping = newDelivery({ ignored: "Event 'ping' is not ours" });
      const [first, again] = await accept([ping, ping]);

      expect(again).toEqual({ id: first.id, repeated: true });
      await expect(rows()).resolves.toEqual([
        expect.objectContaining({
          service_key: '',
          environment: '',
          event: 'null',
          state: 'ignored',
          reason: "Event 'ping' is not ours",
          due_at: null,
          settled_at: T0.toISOString(),
        }),
      ]);
    });

    it('lets none arrive before the one that it follows, though clocks differ', async () => {
      await accept([newDelivery({ version: 'v1' })], later(3000));
      await accept([
        newDelivery({ version: 'v2' }),
        newDelivery({ version: 'v3' }),
        newDelivery({ service: 'other' }),
      ]);

      const received = (await rows()).map(row => row.received_at);
      expect(received).toEqual(
        [later(3000), later(3000), later(3000), T0].map(time =>
          time.toISOString(),
        ),
      );
    });

    it('lets none arrive before the one that it follows, though others stand alone between', async () => {
      const time = T0.toISOString();
      await accept([newDelivery({ version: 'v1' })], later(3000));
      await accept([newDelivery({ version: 'v2', externalId: 'a', time })]);
      await accept([newDelivery({ version: 'v3' })]);

      const received = (await rows()).map(row => row.received_at);
      expect(received).toEqual(
        [later(3000), T0, later(3000)].map(each => each.toISOString()),
      );
    });

    it('stores what can be stored, and says which could not', async () => {
      tables.spoil(databaseId);
      await failOn(knex, 'very-private');
      const answers = await accept([
        newDelivery({ version: 'v1' }),
        newDelivery({ service: 'very-private' }),
        newDelivery({ version: 'v1' }),
        newDelivery({ version: 'v2' }),
      ]);

      expect(answers).toEqual([
        { id: expect.any(String), repeated: false },
        expect.any(Error),
        { id: answers[0].id, repeated: true },
        { id: expect.any(String), repeated: false },
      ]);
      const error = answers[1] as unknown as Error;
      expect(error.message).toMatch(/^The database failed with '\w+'$/);
      expect(error.stack).not.toContain('very-private');
      await expect(rows()).resolves.toHaveLength(2);
    });

    it('asks a database that fails for all of them once', async () => {
      tables.spoil(databaseId);
      await knex.schema.dropTable('custom_data_deliveries');
      const statements = jest.fn();
      knex.on('query', statements);
      const answers = await accept([
        newDelivery({ service: 'very-private' }),
        newDelivery({ service: 'orders' }),
      ]);

      expect(answers).toEqual([expect.any(Error), expect.any(Error)]);
      expect(String(answers)).not.toContain('very-private');
      expect(statements).toHaveBeenCalledTimes(1);
    });

    it('takes any text and any size', async () => {
      const odd = `\0 ' " \\ ? :x $1 \uD83D \u{1F600}`;
      const [answer] = await accept([
        newDelivery({
          service: odd,
          environment: odd,
          version: odd,
          externalId: odd,
          payload: odd,
        }),
      ]);
      expect(answer).toEqual({ id: expect.any(String), repeated: false });
      const [row] = await rows();
      expect(row.payload).toBe(`\uFFFD ' " \\ ? :x $1 \uFFFD \u{1F600}`);
      expect(row.external_id).toBe(row.payload);

      const large = Array.from({ length: 12 }, (_, i) =>
        newDelivery({
          version: `${i}`,
          payload: `${i}`.padEnd(1_000_000, 'x'),
        }),
      );
      await expect(accept([...large, large[11]])).resolves.toMatchObject([
        ...large.map(() => ({ repeated: false })),
        { repeated: true },
      ]);
    });
  });
});

/** Has the database refuse deliveries of a service. */
async function failOn(knex: Knex, service: string): Promise<void> {
  if (knex.client.config.client === 'pg') {
    await knex.raw(
      `alter table custom_data_deliveries add check (service_key <> '${service}')`,
    );
    return;
  }
  await knex.raw(
    `create trigger refuse before insert on custom_data_deliveries
     when new.service_key = '${service}'
     begin select raise(abort, 'refused'); end`,
  );
}
