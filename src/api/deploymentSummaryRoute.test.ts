import { aSender } from '../config/__testUtils__/aSender';
import { describeTables } from '../database/__testUtils__/describeTables';
import {
  aDeployment,
  at,
  type Given,
} from '../deployments/__testUtils__/aDeployment';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const subjects = new DeploymentSubjects([aSender(), aSender({ name: 'argo' })]);
const failure = { event: 'deployment.failure' } as const;

/** Two services of one team, the first in a system; a third of nobody. */
const catalog = {
  getEntitiesByRefs: async ({ entityRefs }: { entityRefs: string[] }) => ({
    items: entityRefs.map(ref => {
      const relations = [
        { type: 'ownedBy', targetRef: 'group:default/platform' },
        { type: 'partOf', targetRef: 'component:default/parent' },
      ];
      if (ref.endsWith('payments')) {
        relations.push({ type: 'partOf', targetRef: 'system:default/shop' });
      }
      return { relations: ref.endsWith('unknown') ? [] : relations } as any;
    }),
  }),
};

describeTables('GET /deployments/summary %p', tables => {
  let api: ServedApi;

  beforeEach(async () => {
    await recordDeployments({
      knex: tables.knex,
      deployments: (
        [
          { time: 0, ...failure },
          { time: 30 },
          { time: 40, environment: 'staging' },
          { time: 50, service: 'orders', target: 'eu' },
          { time: 55, service: 'unknown', sender: 'argo' },
          { time: 58, service: 'orders', sender: 'gone' },
          { time: 60 },
        ] as Given[]
      ).map((given, i) => aDeployment({ ...given, arrival: i + 1 })),
    });
  });

  afterEach(async () => {
    await api.stop();
  });

  const serve = async (more: Parameters<typeof serveApi>[0] = {}) => {
    api = await serveApi({
      knex: tables.knex,
      subjects,
      catalog,
      now: () => at(60),
      ...more,
    });
  };
  const summary = async (query = '') => {
    const { status, body } = await api.call(`GET /deployments/summary${query}`);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const rowsOf = ({ items }: any) =>
    items.map(({ by, environment, changes, ...row }: any) => [
      row.service ?? row.owner ?? row.system ?? null,
      environment,
      changes,
    ]);

  it('has a row for each service and environment, of the last 30 days', async () => {
    await serve();
    const body = await summary();
    expect(body).toMatchObject({
      since: '2026-10-23T13:00:00.000Z',
      until: at(60).toISOString(),
      by: 'service',
    });
    expect(rowsOf(body)).toEqual([
      ['component:default/orders', 'production', 1],
      ['component:default/payments', 'production', 2],
      ['component:default/payments', 'staging', 1],
      ['component:default/unknown', 'production', 1],
    ]);
    expect(body.items[1]).toEqual({
      service: 'component:default/payments',
      environment: 'production',
      changes: 2,
      deployments: 1,
      failed: 1,
      deploymentsPerDay: 0.033,
      changeFailureRate: 0.5,
      medianTimeToRestoreSeconds: 1800,
      medianLeadTimeSeconds: null,
    });
  });

  it.each([
    [
      'owner',
      [
        ['group:default/platform', 'production', 3],
        ['group:default/platform', 'staging', 1],
        [null, 'production', 1],
      ],
    ],
    [
      'system',
      [
        ['system:default/shop', 'production', 2],
        ['system:default/shop', 'staging', 1],
        [null, 'production', 2],
      ],
    ],
    [
      'environment',
      [
        [null, 'production', 4],
        [null, 'staging', 1],
      ],
    ],
  ])('adds services up by %s', async (by, rows) => {
    await serve();
    expect(rowsOf(await summary(`?by=${by}`))).toEqual(rows);
  });

  it('counts what a window, an environment and a sender leave, and not what happened at its end', async () => {
    await serve();
    const since = at(30).toISOString();
    const until = at(50).toISOString();
    expect(rowsOf(await summary(`?since=${since}&until=${until}`))).toEqual([
      ['component:default/payments', 'production', 1],
      ['component:default/payments', 'staging', 1],
    ]);
    expect(rowsOf(await summary('?environment=staging'))).toHaveLength(1);
    expect(rowsOf(await summary('?sender=argo'))).toEqual([
      ['component:default/unknown', 'production', 1],
    ]);
  });

  it('counts no service whose entity the caller may not see', async () => {
    const visible = /orders$/;
    await serve({
      catalog: {
        getEntitiesByRefs: async ({ entityRefs }) => ({
          items: entityRefs.map(ref =>
            visible.test(ref) ? ({ kind: 'Component' } as any) : undefined,
          ),
        }),
      },
    });
    expect(rowsOf(await summary('?by=environment'))).toEqual([
      [null, 'production', 1],
    ]);
  });

  it.each([
    ['?by=team', /^by: /],
    ['?since=2020-01-01T00:00:00Z', /^since: must be at most 92 days before/],
    ['?since=2027-01-01T00:00:00Z', /^since: must be earlier than "until"/],
    ['?limit=3x&colour=red', /colour/],
  ])('refuses %p', async (query, message) => {
    await serve();
    const { status, body } = await api.call(`GET /deployments/summary${query}`);
    expect(status).toBe(400);
    expect(body.error.message).toMatch(message);
  });

  it('is for those who may see how sources are doing', async () => {
    await serve({ allowed: [] });
    const { status } = await api.call('GET /deployments/summary');
    expect(status).toBe(403);
  });
});
