import fc from 'fast-check';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { slowDown } from '../../database/__testUtils__/slowDown';
import { newDelivery } from '../__testUtils__/newDelivery';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { acceptDelivery } from './acceptDelivery';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);
const isoOf = (date: Date) => date.toISOString();

describeTables('acceptDelivery %p', tables => {
  const accept = (delivery: NewDelivery, now = T0) =>
    acceptDelivery({ knex: tables.knex, delivery, now });
  const acceptEach = async (deliveries: NewDelivery[], now = T0) => {
    const answers: AcceptedDelivery[] = [];
    for (const delivery of deliveries) {
      answers.push(await accept(delivery, now));
    }
    return answers;
  };
  const rows = () =>
    tables.knex('custom_data_deliveries').orderBy('sequence').select('*');
  const receivedAt = async () => (await rows()).map(row => row.received_at);

  it('stores a delivery with everything that is known of it', async () => {
    const delivery = newDelivery({ externalId: 'run-1' });
    const { id, repeated } = await accept(delivery);

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
        reason: null,
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

  it('keeps the order of arrival', async () => {
    const answers = await acceptEach(
      Array.from({ length: 20 }, (_, i) =>
        newDelivery({ version: `v${i}`, service: `service-${i % 7}` }),
      ),
    );
    expect((await rows()).map(row => row.delivery_id)).toEqual(
      answers.map(({ id }) => id),
    );
  });

  it("finds the delivery that has the sender's own id, whatever came since", async () => {
    const [first, , again] = await acceptEach([
      newDelivery({ externalId: 'a' }),
      newDelivery({ externalId: 'b', version: 'v2' }),
      newDelivery({ externalId: 'a' }),
    ]);
    expect(again).toEqual({ id: first.id, repeated: true });

    await expect(
      acceptEach([
        newDelivery({ externalId: 'a', time: '2026-11-22T12:00:00.000Z' }),
        newDelivery({ externalId: 'a', sender: 'other' }),
      ]),
    ).resolves.toEqual([
      { id: first.id, repeated: true },
      { id: expect.any(String), repeated: false },
    ]);
    await expect(rows()).resolves.toHaveLength(3);
  });

  it('says so where the delivery that is repeated is removed at that moment', async () => {
    await accept(newDelivery({ externalId: 'a' }));
    tables.knex.on('query', ({ sql, bindings }) => {
      if (/^select .delivery_id. from .* .dedupe_key. = /.test(sql)) {
        // As if it were gone.
        bindings[0] = 'nobody';
      }
    });
    await expect(accept(newDelivery({ externalId: 'a' }))).rejects.toThrow(
      'The delivery that this one repeats was just removed',
    );
  });

  it('needs one statement for a delivery with an id and a time', async () => {
    const time = '2026-11-22T12:00:00.000Z';
    const statements = jest.fn();
    tables.knex.on('query', statements);
    const first = await accept(newDelivery({ externalId: 'a', time }));
    expect(statements).toHaveBeenCalledTimes(1);

    const again = await accept(newDelivery({ externalId: 'a', time }));
    expect(again).toEqual({ id: first.id, repeated: true });
  });

  it('needs two statements for a delivery without an id', async () => {
    const statements = jest.fn();
    tables.knex.on('query', statements);
    await accept(newDelivery());
    expect(statements).toHaveBeenCalledTimes(2);
  });

  it('stores another event under the same id', async () => {
    const answers = await acceptEach([
      newDelivery({ externalId: 'run-1' }),
      newDelivery({ externalId: 'run-1', service: 'other' }),
      newDelivery({ externalId: 'run-1', version: 'v2' }),
      newDelivery({ externalId: 'run-1', environment: 'staging' }),
      newDelivery({ externalId: 'run-1', target: 'eu' }),
      newDelivery({ externalId: 'run-1', event: 'deployment.started' }),
    ]);
    expect(answers.map(({ repeated }) => repeated)).toEqual(
      answers.map(() => false),
    );
  });

  it('distinguishes a repeat from a rollback: v1, v1, v2, v1, v1 are three', async () => {
    const answers = await acceptEach(
      ['v1', 'v1', 'v2', 'v1', 'v1'].map(version => newDelivery({ version })),
    );

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

  it('compares bytes within a sender, service and environment only', async () => {
    await acceptEach([
      newDelivery(),
      newDelivery({ service: 'orders' }),
      newDelivery({ environment: 'staging' }),
      newDelivery({ sender: 'other' }),
    ]);
    await expect(
      acceptEach([
        newDelivery({ service: 'PAYMENTS' }),
        newDelivery(),
        newDelivery({ sender: 'other' }),
      ]),
    ).resolves.toMatchObject([
      { repeated: false },
      { repeated: false },
      { repeated: true },
    ]);
  });

  it('stores an ignored delivery as completed, and finds its repeats', async () => {
    const ping = newDelivery({ ignored: 'Event "ping" is not ours' });
    const [first, again] = await acceptEach([ping, ping]);

    expect(again).toEqual({ id: first.id, repeated: true });
    await expect(rows()).resolves.toEqual([
      expect.objectContaining({
        service_key: '',
        environment: '',
        event: 'null',
        state: 'ignored',
        reason: 'Event "ping" is not ours',
        due_at: null,
        settled_at: T0.toISOString(),
      }),
    ]);
  });

  it('lets no delivery arrive before an earlier one, though clocks differ', async () => {
    await accept(newDelivery({ version: 'v1' }), later(3000));
    await acceptEach([
      newDelivery({ version: 'v2' }),
      newDelivery({ version: 'v3' }),
      newDelivery({ service: 'other' }),
    ]);
    expect(await receivedAt()).toEqual(
      [later(3000), later(3000), later(3000), T0].map(isoOf),
    );
  });

  it('compares times of arrival past deliveries with an id and a time', async () => {
    const time = T0.toISOString();
    await accept(newDelivery({ version: 'v1' }), later(3000));
    await accept(newDelivery({ version: 'v2', externalId: 'a', time }));
    await accept(newDelivery({ version: 'v3' }));
    expect(await receivedAt()).toEqual(
      [later(3000), T0, later(3000)].map(isoOf),
    );
  });

  it('says nothing of the delivery where the database fails', async () => {
    tables.spoil();
    await tables.knex.schema.dropTable('custom_data_deliveries');
    const error = await accept(
      newDelivery({ service: 'very-private', externalId: 'a' }),
    ).catch(caught => caught);

    expect(error).toBeInstanceOf(Error);
    expect(`${error.message} ${error.stack}`).not.toContain('very-private');
  });

  it('takes any text', async () => {
    const odd = `\0 ' " \\ ? :x $1 \uD83D \u{1F600}`;
    await accept(
      newDelivery({
        service: odd,
        environment: odd,
        version: odd,
        externalId: odd,
        payload: odd,
      }),
    );
    const [row] = await rows();
    expect(row.payload).toBe(`\uFFFD ' " \\ ? :x $1 \uFFFD \u{1F600}`);
    expect(row.external_id).toBe(row.payload);
  });

  it('takes a large payload', async () => {
    const payload = 'x'.repeat(10_000_000);
    await accept(newDelivery({ payload }));
    const [row] = await rows();
    expect(row.payload === payload).toBe(true);
  });

  it('keeps to the rule for any sequence of posts, though clocks differ', async () => {
    let run = 0;
    const post = fc.record({
      version: fc.constantFrom('v1', 'v2'),
      service: fc.constantFrom('a', 'b'),
      externalId: fc.option(fc.constantFrom('x', 'y', 'z'), {
        nil: undefined,
        freq: 2,
      }),
      ignored: fc.option(fc.constantFrom('ping', 'pong'), {
        nil: undefined,
        freq: 4,
      }),
      time: fc.option(fc.constant('2026-11-22T11:59:00.000Z'), {
        nil: undefined,
        freq: 2,
      }),
    });
    const clock = fc.integer({ min: 0, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(post, clock), { minLength: 1, maxLength: 14 }),
        async posts => {
          const sender = `sender-${run++}`;
          const deliveries = posts.map(([each]) =>
            newDelivery({ ...each, sender }),
          );
          const answers: AcceptedDelivery[] = [];
          for (const [i, [, seconds]] of posts.entries()) {
            answers.push(await accept(deliveries[i], later(seconds * 1000)));
          }
          // Which post each answer is about, by where its id came first.
          const ids = answers.map(({ id }) => id);
          expect(ids.map(id => ids.indexOf(id))).toEqual(model(deliveries));
          expect(answers.map(({ repeated }) => repeated)).toEqual(
            ids.map((id, i) => ids.indexOf(id) < i),
          );
          const arrivals = arrivalsInOrder(await rows());
          expect(arrivals).toEqual(arrivals.map(times => [...times].sort()));
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([undefined, 'run-1'])(
    'stores equal posts at the same moment once (id %p)',
    async externalId => {
      tables.spoil();
      await slowDown(tables.knex, 'custom_data_deliveries');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => accept(newDelivery({ externalId }))),
      );

      const [{ delivery_id: id }, ...more] = await rows();
      expect(more).toEqual([]);
      expect(answers.map(answer => answer.id)).toEqual(answers.map(() => id));
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    },
  );
});

/** Of each service, when events without a time of their own came, in the order in which they did. */
function arrivalsInOrder(rows: any[]): string[][] {
  const arrivals = new Map<string, string[]>();
  for (const row of rows) {
    const event = JSON.parse(row.event);
    if (event && event.time === undefined) {
      const key = `${row.sender} ${row.service_key}`;
      arrivals.set(key, [...(arrivals.get(key) ?? []), row.received_at]);
    }
  }
  return [...arrivals.values()];
}

/** For each post the first that it is the same as, one by one. */
function model(deliveries: NewDelivery[]): number[] {
  const byId = new Map<string, number>();
  const latest = new Map<string, { digest: string; post: number }>();
  return deliveries.map(({ externalId, digest, content }, post) => {
    const group =
      content.type === 'event'
        ? `${content.event.service} ${content.event.environment}`
        : '';
    const said =
      content.type === 'event' ? `${group} ${content.event.version}` : digest;
    const own = `${externalId} ${said}`;
    const before = latest.get(group);
    const sameBytes = before?.digest === digest ? before.post : undefined;
    const same = externalId === undefined ? sameBytes : byId.get(own);
    if (same !== undefined) {
      return same;
    }
    latest.set(group, { digest, post });
    if (externalId !== undefined) {
      byId.set(own, post);
    }
    return post;
  });
}
