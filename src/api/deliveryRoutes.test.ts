import type { Knex } from 'knex';
import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { acceptDeliveries } from '../deliveries/__testUtils__/acceptDeliveries';
import { completeDue } from '../deliveries/__testUtils__/completeDue';
import { newDelivery } from '../deliveries/__testUtils__/newDelivery';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const UNKNOWN = 'b6f3a0b2-5b0e-4c4a-9b5e-000000000000';

describeSqlite('the routes of deliveries', tables => {
  const onDeliveryDue = jest.fn();
  let knex: Knex;
  let api: ServedApi;
  let id: string;
  let statements: string[];

  const accept = (...given: Array<Parameters<typeof newDelivery>[0]>) =>
    acceptDeliveries(knex, given.map(newDelivery), T0);

  beforeEach(async () => {
    jest.resetAllMocks();
    knex = tables.knex;
    [id] = await accept({ version: 'v1', payload: '{ "event":  "x" }\n' });
    statements = [];
    knex.on('query', ({ sql }) => statements.push(sql));
  });

  afterEach(async () => {
    await api.stop();
  });

  const complete = () => completeDue(knex, T0, () => ({ state: 'done' }));
  const serve = async (more: Parameters<typeof serveApi>[0] = {}) => {
    api = await serveApi({
      knex,
      subjects: new DeploymentSubjects([aSender()]),
      ownCredentials: async () => ({} as never),
      onDeliveryDue,
      now: () => T0,
      ...more,
    });
  };
  const stateOf = async () =>
    (await knex('custom_data_deliveries').where({ delivery_id: id }).first())
      .state;

  describe('GET /deliveries', () => {
    it('lists what is asked for, without payloads', async () => {
      await serve();
      await accept(
        { version: 'other-sender', sender: 'argo' },
        { version: 'other-service', service: 'orders' },
        { version: 'other-environment', environment: 'staging' },
      );
      await complete();
      await accept({ version: 'other-state' });
      const { status, body } = await api.call(
        'GET /deliveries?sender=ci&state=done&service=Payments&environment=production&since=2026-11-22T14:00:00%2B02:00&until=2026-11-22T12:00:00.001Z&limit=7',
      );

      expect(status).toBe(200);
      expect(body).toMatchObject({
        items: [{ id, state: 'done', event: { version: 'v1' } }],
        totalItems: 1,
        pageInfo: {},
      });
      expect(body.items[0]).not.toHaveProperty('payload');
    });

    it('goes through the pages', async () => {
      await serve();
      await accept({ version: 'v2' }, { version: 'v3' });
      const first = await api.call('GET /deliveries?limit=2');
      expect(first.body).toMatchObject({
        items: [{ event: { version: 'v3' } }, { event: { version: 'v2' } }],
        totalItems: 3,
      });

      const { nextCursor } = first.body.pageInfo;
      const last = await api.call(
        `GET /deliveries?limit=2&cursor=${nextCursor}`,
      );
      expect(last.body).toMatchObject({ items: [{ id }], pageInfo: {} });
    });

    it.each([
      ['state=lost', 'state: Invalid option'],
      ['since=2026-11-22', 'since: is no time with a zone'],
      ['since=2026-11-22T12:00:00', 'since: is no time with a zone'],
      ['until=2026-02-30T12:00:00Z', 'until: is no time with a zone'],
      [
        'since=2026-11-22T12:00:00Z&until=2026-11-22T12:00:00Z',
        'until: has to be later than "since"',
      ],
      ['env=production', '"env"'],
      ['service=%00', 'service: has a control character'],
      ['service=', 'service: '],
      ['sender=a&sender=b', 'sender: '],
      ['limit=501', 'limit: '],
      [`cursor=${cursorOf(['x'])}`, '"cursor"'],
      [`cursor=${cursorOf(['1', '2'])}`, '"cursor"'],
      ['cursor=%00', '"cursor"'],
    ])('names what is wrong with %p', async (query, message) => {
      await serve();
      const { status, body } = await api.call(`GET /deliveries?${query}`);

      expect(status).toBe(400);
      expect(body.error.message).toContain(message);
      expect(statements).toEqual([]);
    });
  });

  it('shows a delivery as it was sent, and audits who saw it', async () => {
    await serve();
    await complete();

    await expect(api.call(`GET /deliveries/${id}`)).resolves.toMatchObject({
      status: 200,
      body: {
        id,
        sender: 'ci',
        state: 'done',
        payload: '{ "event":  "x" }\n',
        headers: { 'content-type': 'application/json' },
        attemptList: [{ attempt: 1, state: 'done' }],
      },
    });

    expect(api.audited).toEqual([
      {
        eventId: 'delivery-read',
        severityLevel: 'low',
        meta: { delivery: id },
        outcome: 'success',
      },
    ]);
  });

  it.each([UNKNOWN, 'a%00b', 'a'.repeat(65)])(
    'knows no delivery %p',
    async unknown => {
      await serve();
      const { status, body } = await api.call(`GET /deliveries/${unknown}`);

      expect(status).toBe(404);
      expect(body.error.message).toContain('There is no delivery');
      expect(statements).toHaveLength(unknown === UNKNOWN ? 1 : 0);
      expect(api.audited[0].outcome).toBe('NotFoundError');
    },
  );

  it('has a delivery processed again', async () => {
    await serve();
    await complete();

    await expect(api.call(`POST /deliveries/${id}/redeliver`)).resolves.toEqual(
      { status: 202, body: { id } },
    );

    await expect(stateOf()).resolves.toBe('pending');
    expect(onDeliveryDue).toHaveBeenCalledTimes(1);
    expect(api.audited).toEqual([
      {
        eventId: 'delivery-redeliver',
        severityLevel: 'medium',
        meta: { delivery: id },
        outcome: 'success',
      },
    ]);
  });

  it('answers 404 and 409 where there is nothing to process', async () => {
    await serve();
    const [ignored] = await accept({ ignored: 'ping' });
    const statusOf = async (which: string) =>
      (await api.call(`POST /deliveries/${which}/redeliver`)).status;

    await expect(statusOf(UNKNOWN)).resolves.toBe(404);
    await expect(statusOf(ignored)).resolves.toBe(409);
    expect(api.audited.map(({ outcome }) => outcome)).toEqual([
      'NotFoundError',
      'ConflictError',
    ]);
    expect(onDeliveryDue).not.toHaveBeenCalled();
  });

  it.each([
    ['GET /deliveries', 'customData.delivery.read', []],
    ['GET /deliveries/:id', 'customData.delivery.read', ['NotAllowedError']],
    [
      'POST /deliveries/:id/redeliver',
      'customData.delivery.replay',
      ['NotAllowedError'],
    ],
  ])('%s needs %s and no other', async (route, permission, audited) => {
    await serve({ allowed: [permission] });
    const call = route.replace(':id', id);
    expect((await api.call(call)).status).toBeLessThan(300);
    await expect(api.call(call, { as: 'nobody' })).resolves.toMatchObject({
      status: 401,
    });
    await api.stop();

    statements = [];
    await serve({
      allowed: [
        'catalog.ingestion.read',
        'customData.delivery.read',
        'customData.delivery.replay',
      ].filter(name => name !== permission),
    });
    const denied = await api.call(call);

    expect(denied.status).toBe(403);
    expect(denied.body.error.message).toContain(permission);
    expect(statements).toEqual([]);
    expect(api.audited.map(({ outcome }) => outcome)).toEqual(audited);
  });

  it('lets users change nothing and read no payload where the permission framework is off', async () => {
    await serve({ usersMayWrite: false });
    await complete();

    expect((await api.call(`GET /deliveries`)).status).toBe(200);
    expect((await api.call(`GET /deliveries/${id}`)).status).toBe(403);
    expect((await api.call(`POST /deliveries/${id}/redeliver`)).status).toBe(
      403,
    );
    await expect(stateOf()).resolves.toBe('done');
  });

  describe('POST /deliveries/replay', () => {
    const HASH = 'ab'.repeat(32);
    const SINCE = '2026-11-22T12:00:00.000Z';
    const post = (body: unknown) =>
      api.call('POST /deliveries/replay', { body });

    beforeEach(async () => {
      await accept({ version: 'v2', service: 'orders' });
      await knex('refresh_state').insert(
        ['payments', 'orders'].map(name => ({
          entity_ref: `component:default/${name}`,
        })),
      );
      await complete();
      statements = [];
    });

    it('is a dry run unless told otherwise, which is not audited', async () => {
      await serve({ allowed: ['customData.delivery.read'] });

      await expect(
        post({ filter: { service: 'orders', since: SINCE } }),
      ).resolves.toEqual({
        status: 200,
        body: {
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          count: 1,
          states: { done: 1 },
          entities: [
            {
              entityRef: 'component:default/orders',
              environments: [
                {
                  environment: 'production',
                  after: { version: 'v2', deployedAt: T0.toISOString() },
                },
              ],
            },
          ],
          hidden: 0,
        },
      });

      await expect(stateOf()).resolves.toBe('done');
      expect(api.audited).toEqual([]);
    });

    it('shows no entity that the caller may not see, and counts those', async () => {
      await serve({ isVisible: ref => ref.endsWith('orders') });
      const { body } = await post({ filter: {}, dryRun: true });

      expect(body).toMatchObject({
        count: 2,
        entities: [{ entityRef: 'component:default/orders' }],
        hidden: 1,
      });
    });

    it('replays what a dry run showed, and audits what was asked for', async () => {
      await serve();
      const filter = { sender: 'ci', since: '2026-11-22T12:00:00Z' };
      const { hash } = (await post({ filter })).body;
      await api.stop();
      await serve({ allowed: ['customData.delivery.replay'] });

      await expect(post({ filter, dryRun: false, hash })).resolves.toEqual({
        status: 202,
        body: { replayed: 2 },
      });

      await expect(stateOf()).resolves.toBe('pending');
      expect(api.audited).toEqual([
        {
          eventId: 'delivery-replay',
          severityLevel: 'medium',
          meta: {
            filter: { sender: 'ci', since: SINCE },
            dryRun: false,
            hash,
            replayed: 2,
          },
          outcome: 'success',
        },
      ]);
    });

    it.each([
      [{}, 'filter: '],
      [{ filter: { env: 'production' } }, 'filter: Unrecognized key: "env"'],
      [{ filter: { since: 'yesterday' } }, 'filter.since: is no time'],
      [{ filter: {}, dryrun: false }, '"dryrun"'],
      [{ filter: {}, dryRun: 'false' }, 'dryRun: is true or false'],
      [{ filter: {}, dryRun: null }, 'dryRun: is true or false'],
      [{ filter: {}, dryRun: false }, 'hash: is needed, from a dry run'],
      [{ filter: {}, dryRun: false, hash: 'x' }, 'hash: has 64 hex'],
      [{ dryRun: false, hash: HASH }, 'filter: '],
      [[], 'request: '],
    ])('refuses %j', async (body, message) => {
      await serve();
      const answer = await post(body);

      expect(answer.status).toBe(400);
      expect(answer.body.error.message).toContain(message);
      expect(statements).toEqual([]);
    });

    it('refuses a body that is no JSON, or too large', async () => {
      await serve();
      expect((await api.call('POST /deliveries/replay')).status).toBe(400);
      expect(
        (await post({ filter: {}, hash: 'x'.repeat(110_000) })).status,
      ).toBe(413);
    });

    it('answers 409 where the selection is no longer the one that was shown', async () => {
      await serve();

      await expect(
        post({ filter: {}, dryRun: false, hash: HASH }),
      ).resolves.toMatchObject({ status: 409 });
      expect(api.audited[0]).toMatchObject({ outcome: 'ConflictError' });
      await expect(stateOf()).resolves.toBe('done');
    });

    it.each([
      [{ filter: {} }, 'customData.delivery.read', 0],
      [
        { filter: {}, dryRun: false, hash: HASH },
        'customData.delivery.replay',
        1,
      ],
    ])('%j needs %s', async (body, permission, audited) => {
      await serve({
        allowed: [
          'catalog.ingestion.read',
          'customData.delivery.read',
          'customData.delivery.replay',
        ].filter(name => name !== permission),
      });
      const denied = await post(body);

      expect(denied.status).toBe(403);
      expect(denied.body.error.message).toContain(permission);
      expect(statements).toEqual([]);
      expect(api.audited).toHaveLength(audited);
      await expect(
        api.call('POST /deliveries/replay', { body, as: 'nobody' }),
      ).resolves.toMatchObject({ status: 401 });
    });
  });
});

function cursorOf(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}
