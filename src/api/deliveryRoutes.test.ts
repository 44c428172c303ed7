import { ConflictError, NotFoundError } from '@backstage/errors';
import type { DeliveryDetails, DeliveryLog } from '../deliveries/delivery';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const ID = 'b6f3a0b2-5b0e-4c4a-9b5e-0c4b8f2d7a11';

const details: DeliveryDetails = {
  id: ID,
  sender: 'ci',
  secretId: '2026-q4',
  dialect: 'catalog',
  state: 'ignored',
  reason: 'about nothing that concerns us',
  attempts: 1,
  receivedAt: '2026-11-22T12:00:00.000Z',
  digest: 'ab'.repeat(32),
  headers: { 'content-type': 'application/json' },
  payload: '{ "event":  "ping" }\n',
  attemptList: [
    {
      attempt: 1,
      startedAt: '2026-11-22T12:00:00.000Z',
      endedAt: '2026-11-22T12:00:01.000Z',
      state: 'ignored',
    },
  ],
};

describe('the routes of deliveries', () => {
  const list = jest.fn<
    ReturnType<DeliveryLog['list']>,
    Parameters<DeliveryLog['list']>
  >();
  const find = jest.fn<Promise<DeliveryDetails | undefined>, [string]>();
  const redeliver = jest.fn<Promise<void>, [string]>();
  let api: ServedApi;

  async function serve(more: Parameters<typeof serveApi>[0] = {}) {
    api = await serveApi({
      deliveryLog: { list, find, select: jest.fn() },
      deliveryControl: { redeliver, planReplay: jest.fn(), replay: jest.fn() },
      ...more,
    });
  }

  beforeEach(() => {
    jest.resetAllMocks();
    list.mockResolvedValue({ items: [], totalItems: 0 });
    find.mockImplementation(async id => (id === ID ? details : undefined));
  });

  afterEach(async () => {
    await api.stop();
  });

  describe('GET /deliveries', () => {
    it('hands on what is asked for', async () => {
      await serve();
      await api.call(
        'GET /deliveries?sender=ci&state=dead&service=Payments&environment=production&since=2026-11-22T12:00:00%2B02:00&until=2026-11-23T00:00:00Z&limit=7',
      );

      expect(list).toHaveBeenCalledWith(
        {
          sender: 'ci',
          state: 'dead',
          service: 'Payments',
          environment: 'production',
          since: new Date('2026-11-22T10:00:00Z'),
          until: new Date('2026-11-23T00:00:00Z'),
        },
        { limit: 7 },
      );
    });

    it('goes through the pages', async () => {
      await serve();
      list.mockResolvedValueOnce({ items: [], totalItems: 3, next: ['12'] });
      const first = await api.call('GET /deliveries');
      expect(first.body).toMatchObject({ items: [], totalItems: 3 });

      const { nextCursor } = first.body.pageInfo;
      const last = await api.call(`GET /deliveries?cursor=${nextCursor}`);

      expect(list).toHaveBeenLastCalledWith({}, { limit: 50, after: ['12'] });
      expect(last.body.pageInfo).toEqual({});
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
      expect(list).not.toHaveBeenCalled();
    });
  });

  it('shows a delivery as it was sent, and keeps who saw it', async () => {
    await serve();

    await expect(api.call(`GET /deliveries/${ID}`)).resolves.toEqual({
      status: 200,
      body: details,
    });

    expect(api.audited).toEqual([
      {
        eventId: 'delivery-read',
        severityLevel: 'low',
        meta: { delivery: ID },
        outcome: 'success',
      },
    ]);
  });

  it.each(['b6f3a0b2-5b0e-4c4a-9b5e-000000000000', 'a%00b', 'a'.repeat(65)])(
    'knows no delivery %p',
    async id => {
      await serve();
      const { status, body } = await api.call(`GET /deliveries/${id}`);

      expect(status).toBe(404);
      expect(body.error.message).toContain('There is no delivery');
      expect(find.mock.calls.flat()).not.toContain('a\0b');
      expect(api.audited[0].outcome).toBe('NotFoundError');
    },
  );

  it('has a delivery settled once more', async () => {
    await serve();

    await expect(api.call(`POST /deliveries/${ID}/redeliver`)).resolves.toEqual(
      { status: 202, body: { id: ID } },
    );

    expect(redeliver).toHaveBeenCalledWith(ID);
    expect(api.audited).toEqual([
      {
        eventId: 'delivery-redeliver',
        severityLevel: 'medium',
        meta: { delivery: ID },
        outcome: 'success',
      },
    ]);
  });

  it.each([
    [404, new NotFoundError('There is none')],
    [409, new ConflictError('It was ignored')],
  ])('answers %p where there is nothing to settle', async (status, error) => {
    await serve();
    redeliver.mockRejectedValue(error);

    await expect(
      api.call(`POST /deliveries/${ID}/redeliver`),
    ).resolves.toMatchObject({ status });
    expect(api.audited[0].outcome).toBe(error.name);
  });

  it.each([
    ['GET /deliveries', 'customData.delivery.read'],
    [`GET /deliveries/${ID}`, 'customData.delivery.read'],
    [`POST /deliveries/${ID}/redeliver`, 'customData.delivery.replay'],
  ])('%s needs %s and no other', async (call, permission) => {
    await serve({ allowed: [permission] });
    expect((await api.call(call)).status).toBeLessThan(300);
    await expect(api.call(call, { as: 'nobody' })).resolves.toMatchObject({
      status: 401,
    });
    await api.stop();
    jest.clearAllMocks();

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
    [list, find, redeliver].forEach(work =>
      expect(work).not.toHaveBeenCalled(),
    );
    api.audited.forEach(({ outcome }) =>
      expect(outcome).toBe('NotAllowedError'),
    );
  });

  it('has users change nothing and read no payload where the permission framework is off', async () => {
    await serve({ usersMayWrite: false });

    expect((await api.call(`GET /deliveries`)).status).toBe(200);
    expect((await api.call(`GET /deliveries/${ID}`)).status).toBe(403);
    expect((await api.call(`POST /deliveries/${ID}/redeliver`)).status).toBe(
      403,
    );
    expect(redeliver).not.toHaveBeenCalled();
  });
});

function cursorOf(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}
