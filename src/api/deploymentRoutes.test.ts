import type {
  Deployment,
  DeploymentFilter,
  DeploymentSubjects,
} from '../deployments/deployment';
import type { Page, PageRequest } from '../lib/page';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const event = (more: Partial<Deployment> = {}): Deployment => ({
  deliveryId: 'd1',
  sender: 'ci',
  serviceKey: 'payments',
  environment: 'production',
  status: 'success',
  version: 'v1',
  eventAt: '2026-11-22T12:00:00.000Z',
  arrival: 1,
  ...more,
});

/** `legacy` and `payments` of both senders are about one entity. */
const subjects: DeploymentSubjects = {
  subjectsOf: ref =>
    ref === 'component:default/payments'
      ? [
          { sender: 'ci', serviceKeys: ['payments', 'legacy'] },
          { sender: 'argo', serviceKeys: ['payments'] },
        ]
      : [],
  entityRefOf: (sender, service) =>
    sender === 'gone'
      ? undefined
      : `component:default/${service === 'legacy' ? 'payments' : service}`,
  newestOf: heads =>
    [...heads].sort((a, b) => (a.eventAt < b.eventAt ? 1 : -1))[0],
};

describe('GET /deployments', () => {
  /** All that the store has, in its order; a position is an index. */
  let rows: Deployment[];
  let positionOf: (end: number) => string[];
  const read = jest.fn(
    async (
      _filter: DeploymentFilter,
      { limit, after }: PageRequest,
    ): Promise<Page<Deployment>> => {
      const start = Number(after?.at(-1) ?? 0);
      const end = start + limit;
      return {
        items: rows.slice(start, end),
        totalItems: rows.length,
        next: end < rows.length ? positionOf(end) : undefined,
      };
    },
  );
  const heads = jest.fn(async (_keys: string[]) => rows);
  const unread = async () => {
    throw new Error('is not to be asked');
  };
  let api: ServedApi;

  async function serve(
    kind: 'heads' | 'history',
    more: Parameters<typeof serveApi>[0] = {},
  ) {
    positionOf = end =>
      kind === 'heads' ? ['k', 's', 'e', `${end}`] : ['2026', `${end}`];
    api = await serveApi({
      subjects,
      deployments: {
        heads,
        listHeads: kind === 'heads' ? read : unread,
        history: kind === 'history' ? read : unread,
      },
      ...more,
    });
  }
  const hideAllBut =
    (...shown: string[]) =>
    (ref: string) =>
      shown.some(name => ref === `component:default/${name}`);

  beforeEach(() => {
    jest.clearAllMocks();
    rows = [];
  });

  afterEach(async () => {
    await api.stop();
  });

  it('tells what runs, and of several that tell of it, which is so', async () => {
    await serve('heads');
    rows = [
      event({ serviceKey: 'legacy', version: 'v1', deliveryId: 'd1' }),
      event({
        sender: 'argo',
        version: 'v2',
        deliveryId: 'd2',
        eventAt: '2026-11-22T13:00:00.000Z',
        arrival: 2,
      }),
      event({ environment: 'staging', version: 'v3', deliveryId: 'd3' }),
    ];
    const { status, body } = await api.call('GET /deployments');

    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        {
          entityRef: 'component:default/payments',
          service: 'legacy',
          sender: 'ci',
          environment: 'production',
          status: 'success',
          version: 'v1',
          deliveryId: 'd1',
          deployedAt: '2026-11-22T12:00:00.000Z',
          current: false,
        },
        expect.objectContaining({ version: 'v2', current: true }),
        expect.objectContaining({ version: 'v3', current: true }),
      ],
      pageInfo: {},
    });
  });

  it('judges what is so over all that is known, not over the page', async () => {
    await serve('heads');
    const older = event({ deliveryId: 'd1' });
    const removed = event({
      deliveryId: 'd2',
      sender: 'argo',
      status: 'removed',
      eventAt: '2026-11-22T13:00:00.000Z',
    });
    rows = [older];
    heads.mockResolvedValueOnce([older, removed]);
    const { body } = await api.call('GET /deployments');

    expect(body.items).toEqual([expect.objectContaining({ current: false })]);
    expect(heads).toHaveBeenCalledWith(['payments', 'legacy']);
  });

  it('leaves out what was removed, unless asked for it', async () => {
    await serve('heads');
    await api.call('GET /deployments');
    expect(read.mock.lastCall?.[0]).toMatchObject({ withoutRemoved: true });

    await api.call('GET /deployments?status=removed');
    expect(read.mock.lastCall?.[0]).toMatchObject({
      status: 'removed',
      withoutRemoved: false,
    });
  });

  it('tells what ran, under each name that the entity had', async () => {
    await serve('history');
    rows = [
      event({ status: 'failure', sequence: 7, commit: 'abc', arrival: 9 }),
      event({ serviceKey: 'legacy', url: 'https://ci.example.com/1' }),
    ];
    const { body } = await api.call(
      'GET /deployments?history=true&entity=Component:Payments',
    );

    expect(read.mock.lastCall?.[0]).toMatchObject({
      subjects: subjects.subjectsOf('component:default/payments'),
    });
    expect(body.items).toEqual([
      {
        entityRef: 'component:default/payments',
        service: 'payments',
        sender: 'ci',
        environment: 'production',
        status: 'failure',
        version: 'v1',
        deliveryId: 'd1',
        eventAt: '2026-11-22T12:00:00.000Z',
        sequence: 7,
        commit: 'abc',
      },
      expect.objectContaining({
        service: 'legacy',
        url: 'https://ci.example.com/1',
      }),
    ]);
  });

  it('hands on what is asked for', async () => {
    await serve('history');
    await api.call(
      'GET /deployments?history=true&service=Payments&sender=ci&environment=production&status=failure&since=2026-11-22T12:00:00Z&until=2026-11-23T12:00:00Z&limit=9',
    );

    expect(read).toHaveBeenCalledWith(
      {
        serviceKey: 'payments',
        sender: 'ci',
        environment: 'production',
        status: 'failure',
        since: new Date('2026-11-22T12:00:00Z'),
        until: new Date('2026-11-23T12:00:00Z'),
      },
      { limit: 9 },
    );
  });

  it('finds nothing, rather than everything, for an entity that no sender tells of', async () => {
    await serve('heads');
    rows = [event()];
    const none = await api.call('GET /deployments?entity=component:other/x');

    expect(none.body).toEqual({ items: [], pageInfo: {} });
    expect(read).not.toHaveBeenCalled();
  });

  it('shows only what the caller may see, and fills the page with that', async () => {
    await serve('history', { isVisible: hideAllBut('seen') });
    rows = ['hidden', 'seen', 'hidden', 'hidden', 'seen', 'seen'].map(
      (serviceKey, i) => event({ serviceKey, version: `v${i}` }),
    );
    const versionsOf = (body: any) =>
      body.items.map(({ version }: Deployment) => version);
    const first = await api.call('GET /deployments?history=true&limit=2');

    expect(versionsOf(first.body)).toEqual(['v1', 'v4']);
    expect(first.body.totalItems).toBeUndefined();

    const { nextCursor } = first.body.pageInfo;
    const last = await api.call(
      `GET /deployments?history=true&limit=2&cursor=${nextCursor}`,
    );
    expect(versionsOf(last.body)).toEqual(['v5']);
    expect(last.body.pageInfo).toEqual({});
  });

  it('ends a page that it cannot fill, and says where to go on', async () => {
    await serve('history', { isVisible: hideAllBut() });
    rows = Array.from({ length: 100 }, () => event());
    const { body } = await api.call('GET /deployments?history=true&limit=5');

    expect(body.items).toEqual([]);
    expect(body.pageInfo.nextCursor).toEqual(expect.any(String));
    expect(read).toHaveBeenCalledTimes(10);
  });

  it('leaves out what senders told that are gone', async () => {
    await serve('history');
    rows = [event({ sender: 'gone' })];
    const { body } = await api.call('GET /deployments?history=true');

    expect(body.items).toEqual([]);
  });

  it.each([
    ['entity=payments', 'entity: is no entity ref'],
    ['history=1', 'history: '],
    ['status=running', 'status: '],
    ['status=failure', 'status: tells nothing of what runs'],
    ['since=now', 'since: is no time with a zone'],
    ['entityRef=component:default/x', '"entityRef"'],
  ])('names what is wrong with %p', async (query, message) => {
    await serve('heads');
    const { status, body } = await api.call(`GET /deployments?${query}`);

    expect(status).toBe(400);
    expect(body.error.message).toContain(message);
  });

  it('takes no cursor of the other list', async () => {
    await serve('heads');
    rows = [event(), event()];
    const { body } = await api.call('GET /deployments?limit=1');
    const { status } = await api.call(
      `GET /deployments?history=true&cursor=${body.pageInfo.nextCursor}`,
    );

    expect(status).toBe(400);
  });

  it('needs catalog.ingestion.read', async () => {
    await serve('heads', { allowed: [] });
    expect((await api.call('GET /deployments')).status).toBe(403);
    expect((await api.call('GET /deployments', { as: 'nobody' })).status).toBe(
      401,
    );
    expect(read).not.toHaveBeenCalled();
  });
});
