import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import {
  aDeployment,
  at,
  type Given,
} from '../deployments/__testUtils__/aDeployment';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const subjects = new DeploymentSubjects([
  aSender({ aliases: { legacy: 'payments' } }),
  aSender({ name: 'argo' }),
]);
const versionsOf = (body: any): string[] =>
  body.items.map(({ version }: { version: string }) => version);

describeSqlite('GET /deployments', tables => {
  let api: ServedApi;
  let queries: jest.Mock;

  beforeEach(() => {
    queries = jest.fn();
    tables.knex.on('query', ({ sql }) => queries(sql));
  });

  afterEach(async () => {
    await api.stop();
  });

  const serve = async (more: Parameters<typeof serveApi>[0] = {}) => {
    api = await serveApi({ knex: tables.knex, subjects, ...more });
  };
  const record = async (...given: Given[]) => {
    await recordDeployments({
      knex: tables.knex,
      deployments: given.map(aDeployment),
    });
    queries.mockClear();
  };
  const hideAllBut =
    (...shown: string[]) =>
    (ref: string) =>
      shown.some(name => ref === `component:default/${name}`);

  it('lists what senders reported, and says which of it runs', async () => {
    await serve();
    await record(
      { arrival: 1, service: 'legacy' },
      { arrival: 2, sender: 'argo' },
      { arrival: 3, environment: 'staging' },
    );
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
          deliveryId: 'delivery-1',
          deployedAt: at(1).toISOString(),
          current: false,
        },
        expect.objectContaining({ version: 'v2', current: true }),
        expect.objectContaining({ version: 'v3', current: true }),
      ],
      pageInfo: {},
    });
  });

  it('lists each target of an environment, and filters by both', async () => {
    await serve();
    await record(
      { arrival: 1, target: 'eu' },
      { arrival: 2, target: 'us' },
      { arrival: 3 },
      { arrival: 4, environment: 'staging', target: 'eu' },
    );
    const list = async (query: string) =>
      (await api.call(`GET /deployments?${query}`)).body;

    expect((await list('target=us')).items).toEqual([
      expect.objectContaining({
        environment: 'production',
        target: 'us',
        version: 'v2',
        current: true,
      }),
    ]);
    expect(versionsOf(await list('environment=production')).sort()).toEqual([
      'v1',
      'v2',
      'v3',
    ]);
    expect(
      versionsOf(await list('history=true&environment=staging&target=eu')),
    ).toEqual(['v4']);
  });

  it('says what runs by all that is known, not by the page', async () => {
    await serve();
    await record(
      { arrival: 1, service: 'legacy' },
      { arrival: 2, sender: 'argo', event: 'deployment.removed' },
    );
    const { body } = await api.call('GET /deployments');

    expect(body.items).toEqual([
      expect.objectContaining({ version: 'v1', current: false }),
    ]);
  });

  it('leaves out what was removed, unless asked for it', async () => {
    await serve();
    await record(
      { arrival: 1, event: 'deployment.removed' },
      { arrival: 2, service: 'orders' },
    );
    const all = await api.call('GET /deployments');
    expect(versionsOf(all.body)).toEqual(['v2']);

    const removed = await api.call('GET /deployments?status=removed');
    expect(versionsOf(removed.body)).toEqual(['v1']);
  });

  it('lists what ran, under each name that the entity had', async () => {
    await serve();
    await record(
      {
        arrival: 2,
        event: 'deployment.failure',
        sequence: 7,
        commit: 'abc',
      },
      { arrival: 1, service: 'legacy', url: 'https://ci.example.com/1' },
      { arrival: 3, service: 'orders' },
    );
    const { body } = await api.call(
      'GET /deployments?history=true&entity=Component:Payments',
    );

    expect(body.items).toEqual([
      {
        entityRef: 'component:default/payments',
        service: 'payments',
        sender: 'ci',
        environment: 'production',
        status: 'failure',
        version: 'v2',
        deliveryId: 'delivery-2',
        eventAt: at(2).toISOString(),
        sequence: 7,
        commit: 'abc',
      },
      expect.objectContaining({
        service: 'legacy',
        url: 'https://ci.example.com/1',
      }),
    ]);
  });

  it('lists what is asked for', async () => {
    await serve();
    const wanted: Given = { arrival: 5, event: 'deployment.failure' };
    await record(
      wanted,
      { ...wanted, arrival: 1 },
      { ...wanted, arrival: 9 },
      { ...wanted, arrival: 6, service: 'orders' },
      { ...wanted, arrival: 7, sender: 'argo' },
      { ...wanted, arrival: 8, environment: 'staging' },
      { arrival: 4 },
    );
    const { body } = await api.call(
      'GET /deployments?history=true&service=Payments&sender=ci&environment=production&status=failure&since=2026-11-22T12:02:00Z&until=2026-11-22T12:09:00Z&limit=9',
    );

    expect(versionsOf(body)).toEqual(['v5']);
  });

  it('finds nothing, rather than everything, for an entity that no sender is about', async () => {
    await serve();
    await record({ arrival: 1 });
    const none = await api.call('GET /deployments?entity=component:other/x');

    expect(none.body).toEqual({ items: [], pageInfo: {} });
    expect(queries).not.toHaveBeenCalled();
  });

  it('shows only what the caller may see, and fills the page with that', async () => {
    await serve({ isVisible: hideAllBut('seen') });
    await record(
      ...['seen', 'seen', 'hidden', 'hidden', 'seen', 'hidden'].map(
        (service, i) => ({ arrival: i, service }),
      ),
    );
    const first = await api.call('GET /deployments?history=true&limit=2');

    expect(versionsOf(first.body)).toEqual(['v4', 'v1']);
    expect(first.body.totalItems).toBeUndefined();

    const { nextCursor } = first.body.pageInfo;
    const last = await api.call(
      `GET /deployments?history=true&limit=2&cursor=${nextCursor}`,
    );
    expect(versionsOf(last.body)).toEqual(['v0']);
    expect(last.body.pageInfo).toEqual({});
  });

  it('ends a page that it cannot fill, and says where to go on', async () => {
    await serve({ isVisible: hideAllBut() });
    await record(...Array.from({ length: 100 }, (_, arrival) => ({ arrival })));
    const { body } = await api.call('GET /deployments?history=true&limit=5');

    expect(body.items).toEqual([]);
    expect(body.pageInfo.nextCursor).toEqual(expect.any(String));
    expect(queries).toHaveBeenCalledTimes(10);
  });

  it.each(['', '&history=true'])(
    'names in no cursor what the caller may not see%s',
    async filter => {
      await serve({ isVisible: hideAllBut('z-seen') });
      const secret = Array.from({ length: 30 }, (_, arrival) => ({
        arrival,
        service: `secret-${arrival + 10}`,
        environment: 'dark-site',
      }));
      await record(...secret, { arrival: 30, service: 'z-seen' });
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await api.call(
          `GET /deployments?limit=1${filter}${cursor}`,
        );
        seen.push(...versionsOf(body));
        const { nextCursor } = body.pageInfo;
        const text = Buffer.from(nextCursor ?? '', 'base64url').toString();
        expect(text).not.toMatch(/secret|dark/);
        cursor = nextCursor && `&cursor=${nextCursor}`;
      } while (cursor);
      expect(seen).toEqual(['v30']);
    },
  );

  it('leaves out what an unknown sender reported', async () => {
    await serve();
    await record({ arrival: 1, sender: 'gone' });
    const { body } = await api.call('GET /deployments?history=true');

    expect(body.items).toEqual([]);
  });

  it.each([
    ['entity=payments', 'entity: is no entity ref'],
    ['history=1', 'history: '],
    ['status=running', 'status: '],
    [
      'status=failure',
      'status: "started" and "failure" are only in the history',
    ],
    ['since=now', 'since: is no time with a zone'],
    ['entityRef=component:default/x', '"entityRef"'],
  ])('names what is wrong with %p', async (query, message) => {
    await serve();
    const { status, body } = await api.call(`GET /deployments?${query}`);

    expect(status).toBe(400);
    expect(body.error.message).toContain(message);
  });

  it('takes no cursor of the other list', async () => {
    await serve();
    await record({ arrival: 1 }, { arrival: 2, service: 'orders' });
    const { body } = await api.call('GET /deployments?limit=1');
    const { status } = await api.call(
      `GET /deployments?history=true&cursor=${body.pageInfo.nextCursor}`,
    );

    expect(status).toBe(400);
  });

  it('needs catalog.ingestion.read', async () => {
    await serve({ allowed: [] });
    expect((await api.call('GET /deployments')).status).toBe(403);
    expect((await api.call('GET /deployments', { as: 'nobody' })).status).toBe(
      401,
    );
    expect(queries).not.toHaveBeenCalled();
  });
});
