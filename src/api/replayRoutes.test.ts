import { ConflictError, InputError } from '@backstage/errors';
import type { ReplayPlan } from '../deliveries/createDeliveryControl';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const HASH = 'ab'.repeat(32);

const plan: ReplayPlan = {
  hash: HASH,
  count: 3,
  states: { dead: 2, done: 1 },
  entities: ['payments', 'orders'].map(name => ({
    entityRef: `component:default/${name}`,
    environments: [
      {
        environment: 'production',
        after: { version: 'v2', deployedAt: '2026-11-22T12:00:00.000Z' },
      },
    ],
  })),
};

describe('POST /deliveries/replay', () => {
  const planReplay = jest.fn();
  const replay = jest.fn();
  let api: ServedApi;

  async function serve(more: Parameters<typeof serveApi>[0] = {}) {
    api = await serveApi({
      deliveryControl: { redeliver: jest.fn(), planReplay, replay },
      ...more,
    });
  }
  const post = (body: unknown) => api.call('POST /deliveries/replay', { body });

  beforeEach(() => {
    jest.resetAllMocks();
    planReplay.mockResolvedValue(plan);
    replay.mockResolvedValue(3);
  });

  afterEach(async () => {
    await api.stop();
  });

  it('is a dry run unless told otherwise, of which nobody is told', async () => {
    await serve({ allowed: ['customData.delivery.read'] });

    await expect(
      post({ filter: { state: 'dead', since: '2026-11-22T12:00:00Z' } }),
    ).resolves.toEqual({ status: 200, body: { ...plan, hidden: 0 } });

    expect(planReplay).toHaveBeenCalledWith({
      state: 'dead',
      since: new Date('2026-11-22T12:00:00Z'),
    });
    expect(replay).not.toHaveBeenCalled();
    expect(api.audited).toEqual([]);
  });

  it('shows no entity that the caller may not see, and counts those', async () => {
    await serve({ isVisible: ref => ref.endsWith('orders') });
    const { body } = await post({ filter: {}, dryRun: true });

    expect(body).toEqual({ ...plan, entities: [plan.entities[1]], hidden: 1 });
  });

  it('replays what a dry run showed, and keeps what was asked for', async () => {
    await serve({ allowed: ['customData.delivery.replay'] });

    await expect(
      post({
        filter: { sender: 'ci', since: '2026-11-22T12:00:00Z' },
        dryRun: false,
        hash: HASH,
      }),
    ).resolves.toEqual({ status: 202, body: { replayed: 3 } });

    expect(replay).toHaveBeenCalledWith(
      { sender: 'ci', since: new Date('2026-11-22T12:00:00Z') },
      HASH,
    );
    expect(api.audited).toEqual([
      {
        eventId: 'delivery-replay',
        severityLevel: 'medium',
        meta: {
          filter: { sender: 'ci', since: '2026-11-22T12:00:00.000Z' },
          dryRun: false,
          hash: HASH,
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
    expect(planReplay).not.toHaveBeenCalled();
    expect(replay).not.toHaveBeenCalled();
  });

  it('refuses a body that is no JSON, or too large', async () => {
    await serve();
    expect((await api.call('POST /deliveries/replay')).status).toBe(400);
    expect((await post({ filter: {}, hash: 'x'.repeat(110_000) })).status).toBe(
      413,
    );
  });

  it('answers 409 where the selection is no longer the one that was shown', async () => {
    await serve();
    replay.mockRejectedValue(new ConflictError('Others are meant by now'));

    await expect(
      post({ filter: {}, dryRun: false, hash: HASH }),
    ).resolves.toMatchObject({ status: 409 });
    expect(api.audited[0]).toMatchObject({ outcome: 'ConflictError' });
  });

  it('answers 400 where a selection is too large', async () => {
    await serve();
    planReplay.mockRejectedValue(new InputError('Too many'));

    await expect(post({ filter: {} })).resolves.toMatchObject({ status: 400 });
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
    expect(planReplay).not.toHaveBeenCalled();
    expect(replay).not.toHaveBeenCalled();
    expect(api.audited).toHaveLength(audited);
    await expect(
      api.call('POST /deliveries/replay', { body, as: 'nobody' }),
    ).resolves.toMatchObject({ status: 401 });
  });
});
