import {
  mockCredentials,
  mockServices,
  TestDatabases,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import {
  catalogEntityReadPermission,
  RESOURCE_TYPE_CATALOG_ENTITY,
} from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  type Permission,
} from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import { loadModules, SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

/** What a policy says that shows one entity alone. */
const ONLY_C = {
  result: AuthorizeResult.CONDITIONAL,
  pluginId: 'catalog',
  resourceType: RESOURCE_TYPE_CATALOG_ENTITY,
  conditions: {
    rule: 'HAS_METADATA',
    resourceType: RESOURCE_TYPE_CATALOG_ENTITY,
    params: { key: 'name', value: 'c' },
  },
};

const OTHER_HASH = '0'.repeat(64);

const USER = mockCredentials.user.header('user:default/jane');
const SERVICE = 'external:test-service';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Functions are properties, so that a test may take those out that it needs. */
class World {
  private started?: Awaited<ReturnType<typeof startCatalog>>;

  constructor(readonly knex: Knex, readonly registry: Registry) {
    NAMES.forEach(name => registry.put(name));
  }

  /** The one that was started last. */
  get catalog() {
    return this.started!;
  }

  readonly start = async (
    more: Partial<Parameters<typeof startCatalog>[0]> = {},
    source: object = {},
  ) => {
    this.started = await startCatalog({
      knex: this.knex,
      customData: {
        sources: { registry: { url: this.registry.url, ...SOON, ...source } },
      },
      ...more,
    });
  };

  readonly shown = (...names: string[]) =>
    waitFor(async () => expect(await this.catalog.entities()).toEqual(names));

  readonly source = async () =>
    (await this.catalog.api('GET /sources/registry')).body;

  readonly plan = async () =>
    (await this.catalog.api('GET /sources/registry/plan')).body;

  readonly held = () =>
    waitFor(async () => {
      const { pendingPlan } = await this.source();
      expect(pendingPlan).toBeDefined();
      return pendingPlan as { hash: string; count: number };
    });

  readonly pause = (as?: string) =>
    this.catalog.api('POST /sources/registry/pause', { as });

  async stop() {
    await this.started?.stop();
    await this.registry.stop();
  }
}

describe('the API of sources in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  beforeAll(() => loadModules(databases));

  const createWorld = async (databaseId: TestDatabaseId) =>
    new World(await databases.init(databaseId), await startRegistry());

  const within = async (
    test: (world: World) => Promise<void>,
    databaseId: TestDatabaseId = 'SQLITE_3',
  ) => {
    const world = await createWorld(databaseId);
    try {
      await test(world);
    } finally {
      await world.stop();
    }
  };

  for (const [databaseId] of databases.eachSupportedId()) {
    it.concurrent(
      `removes what is held once that is approved on ${databaseId}`,
      () =>
        within(async world => {
          await world.start();
          await world.shown(...NAMES);
          world.registry.state.records.clear();
          const { hash, count } = await world.held();
          expect(count).toBe(8);
          expect(await world.plan()).toEqual({
            plan: expect.objectContaining({
              hash,
              state: 'pending',
              count: 8,
              reason: expect.stringContaining('empty list'),
            }),
            items: NAMES.map(recordId => ({
              entityRef: `component:default/${recordId}`,
              recordId,
              owner: 'group:team-a',
            })),
            totalItems: 8,
            pageInfo: {},
          });

          await expect(
            world.catalog.api(`POST /sources/registry/plan/${hash}/approve`),
          ).resolves.toEqual({
            status: 200,
            body: { hash, state: 'approved' },
          });

          await world.shown();
          await waitFor(async () =>
            expect((await world.plan()).plan).toMatchObject({
              hash,
              state: 'applied',
              decidedBy: SERVICE,
            }),
          );
          await waitFor(async () =>
            expect(await world.source()).toMatchObject({
              entities: 0,
              state: 'idle',
            }),
          );
          await expect(
            world.catalog.api(`POST /sources/registry/plan/${hash}/approve`),
          ).resolves.toMatchObject({
            status: 409,
            body: { error: { name: 'ConflictError' } },
          });
        }, databaseId),
    );

    it.concurrent(
      `pages through runs, problems and refs on ${databaseId}`,
      () =>
        within(async world => {
          for (const id of ['x', 'y', 'z']) {
            world.registry.put(id, 'a team with spaces', {
              serviceId: `${id} !`,
            });
          }
          await world.start();
          await world.shown(...NAMES);
          await waitFor(async () =>
            expect(
              (
                await world.catalog.api('GET /sources/registry/runs')
              ).body.totalItems,
            ).toBeGreaterThan(2),
          );
          await world.pause();
          await waitFor(async () =>
            expect(await world.source()).toMatchObject({
              state: 'paused',
              lastRun: { endedAt: expect.any(String) },
            }),
          );

          for (const list of ['runs', 'problems']) {
            const path = `/sources/registry/${list}`;
            const whole = (await world.catalog.api(`GET ${path}?limit=500`))
              .body;
            const items: unknown[] = [];
            let cursor = '';
            do {
              const page = (
                await world.catalog.api(`GET ${path}?limit=2${cursor}`)
              ).body;
              items.push(...page.items);
              expect(page.totalItems).toBe(whole.totalItems);
              const next = page.pageInfo.nextCursor;
              cursor = next && `&cursor=${next}`;
            } while (cursor);
            expect(items).toEqual(whole.items);
            expect(items.length).toBeGreaterThan(2);
          }
        }, databaseId),
    );

    it.concurrent(
      `lets a record that fits nowhere cost no more than itself on ${databaseId}`,
      () =>
        within(async world => {
          world.registry.put('x'.repeat(250), 'team\u0000a');
          await world.start();

          await world.shown(...NAMES);
          await waitFor(async () => {
            const source = await world.source();
            expect(source.problems.errors).toBeGreaterThan(0);
            expect(source).toMatchObject({
              entities: NAMES.length,
              failures: 0,
              lastRun: { outcome: expect.stringMatching(/unchanged|applied/) },
            });
          });
        }, databaseId),
    );

    it.concurrent(
      `removes the entities of a source that is no longer configured on ${databaseId}`,
      () =>
        within(async world => {
          await world.start();
          await world.shown(...NAMES);
          await world.catalog.stop();
          await world.start({ customData: { sources: {} } });

          expect(await world.source()).toMatchObject({
            name: 'registry',
            state: 'unconfigured',
            entities: 8,
            pendingPlan: { count: 8 },
          });
          const body = await world.plan();
          expect(body).toMatchObject({
            plan: { reason: 'the source is no longer configured', count: 8 },
            totalItems: 8,
          });
          const call = `POST /sources/registry/plan/${body.plan.hash}`;
          await expect(
            world.catalog.api(
              `POST /sources/registry/plan/${OTHER_HASH}/approve`,
            ),
          ).resolves.toMatchObject({ status: 409 });
          await expect(
            world.catalog.api(`${call}/reject`),
          ).resolves.toMatchObject({
            status: 200,
          });
          expect((await world.plan()).plan.state).toBe('rejected');
          await world.shown(...NAMES);

          await expect(
            world.catalog.api(`${call}/approve`),
          ).resolves.toMatchObject({
            status: 200,
          });

          await world.shown();
          await expect(
            world.catalog.api('GET /sources/registry'),
          ).resolves.toMatchObject({ status: 404 });
          expect(await world.knex('custom_data_contributions')).toEqual([]);
          expect(await world.knex('custom_data_plans').first()).toMatchObject({
            state: 'applied',
            decided_by: SERVICE,
          });
          expect(await world.knex('custom_data_plan_refs')).toHaveLength(8);
        }, databaseId),
    );
  }

  it.concurrent(
    'removes what the list of a source gave that is only read now',
    () =>
      within(async world => {
        await world.start();
        await world.shown(...NAMES);
        await world.catalog.stop();
        await world.start({}, { poll: false });

        expect(await world.source()).toMatchObject({
          poll: false,
          entities: 8,
          pendingPlan: { count: 8 },
        });
        expect(world.catalog.logger.warn).toHaveBeenCalledWith(
          expect.stringContaining('8 entities of its list stay'),
        );
        await world.shown(...NAMES);
        const { plan } = await world.plan();
        expect(plan.reason).toBe('the list of the source is no longer polled');
        await expect(
          world.catalog.api(`POST /sources/registry/plan/${plan.hash}/approve`),
        ).resolves.toMatchObject({ status: 200 });

        await world.shown();
        expect(await world.source()).toMatchObject({ entities: 0 });
        expect((await world.source()).pendingPlan).toBeUndefined();
        expect((await world.plan()).plan).toMatchObject({ state: 'applied' });
      }),
  );

  it.concurrent('keeps what was rejected', () =>
    within(async world => {
      await world.start();
      await world.shown(...NAMES);
      world.registry.state.records.clear();
      const { hash } = await world.held();
      await world.catalog.api(`POST /sources/registry/plan/${hash}/reject`);
      const runs = async () =>
        (await world.catalog.api('GET /sources/registry/runs')).body.totalItems;
      const before = await runs();
      await waitFor(async () =>
        expect(await runs()).toBeGreaterThan(before + 2),
      );

      expect(await world.catalog.entities()).toEqual(NAMES);
      expect((await world.source()).pendingPlan).toBeUndefined();
      expect((await world.plan()).plan.state).toBe('rejected');
    }),
  );

  it.concurrent('lets a plan go when the records come back', () =>
    within(async world => {
      await world.start();
      await world.shown(...NAMES);
      const records = new Map(world.registry.state.records);
      world.registry.state.records.clear();
      const { hash } = await world.held();
      records.forEach((record, id) =>
        world.registry.state.records.set(id, record),
      );

      await waitFor(async () =>
        expect((await world.plan()).plan).toMatchObject({
          hash,
          state: 'void',
        }),
      );
      await expect(
        world.catalog.api(`POST /sources/registry/plan/${hash}/approve`),
      ).resolves.toMatchObject({ status: 409 });
      expect(await world.catalog.entities()).toEqual(NAMES);
    }),
  );

  it.concurrent('shows problems while they last', () =>
    within(async world => {
      world.registry.put('broken', 'team-a', { serviceId: 'not a name!' });
      await world.start();
      await world.shown(...NAMES);
      const problems = async () =>
        (await world.catalog.api('GET /sources/registry/problems')).body;
      await waitFor(async () =>
        expect(await problems()).toMatchObject({
          items: [
            {
              severity: 'error',
              recordId: 'not a name!',
              message: expect.any(String),
              firstSeenAt: expect.any(String),
            },
            { code: 'owner-unknown', severity: 'warning' },
          ],
          totalItems: 2,
        }),
      );
      expect((await world.source()).problems).toEqual({
        errors: 1,
        // The catalog of the test has no groups.
        warnings: 1,
        beyond: 0,
      });

      world.registry.state.records.delete('broken');
      await waitFor(async () =>
        expect((await problems()).items).toMatchObject([
          { code: 'owner-unknown', entityRef: 'group:default/team-a' },
        ]),
      );
    }),
  );

  it.concurrent('pauses and resumes', () =>
    within(async world => {
      await world.start();
      await world.shown(...NAMES);
      await expect(
        world.catalog.api('POST /sources/registry/pause'),
      ).resolves.toMatchObject({ status: 204 });
      await waitFor(async () =>
        expect(await world.source()).toMatchObject({
          state: 'paused',
          paused: { by: SERVICE },
        }),
      );
      await expect(
        world.catalog.api('POST /sources/registry/sync', { body: {} }),
      ).resolves.toMatchObject({ status: 409 });

      world.registry.put('new');
      await world.catalog.api('POST /sources/registry/resume');
      await world.shown(...NAMES, 'new');
    }),
  );

  it.concurrent('syncs one record, or all of them, at once', () =>
    within(async world => {
      await world.start(
        {},
        {
          schedule: { ...SOON.schedule, frequency: { hours: 1 } },
        },
      );
      await world.shown(...NAMES);
      const sync = (body: unknown) =>
        world.catalog.api('POST /sources/registry/sync', { body });
      world.registry.put('a', 'team-b');
      world.registry.put('new');

      await expect(sync({ recordId: 'a' })).resolves.toEqual({
        status: 200,
        body: { status: 'synced' },
      });
      await waitFor(async () =>
        expect((await world.catalog.entity('a'))?.spec?.owner).toBe(
          'group:team-b',
        ),
      );
      await expect(sync({ recordId: '..' })).resolves.toMatchObject({
        status: 400,
        body: { error: { name: 'InputError' } },
      });
      await expect(sync({ recordId: 'none' })).resolves.toEqual({
        status: 200,
        body: { status: 'not-found' },
      });
      expect(await world.catalog.entity('new')).toBeUndefined();

      await expect(sync({})).resolves.toEqual({
        status: 202,
        body: { status: 'started' },
      });
      await world.shown(...NAMES, 'new');
      await waitFor(async () =>
        expect((await world.source()).lastRun).toMatchObject({
          kind: 'manual',
          outcome: 'applied',
          counts: { added: 1 },
        }),
      );
    }),
  );

  it.concurrent('says that a source is busy, or does not answer', () =>
    within(async world => {
      await world.start();
      await world.shown(...NAMES);
      await world.pause();
      await waitFor(async () =>
        expect(await world.source()).toMatchObject({
          state: 'paused',
          lastRun: { endedAt: expect.any(String) },
        }),
      );
      await world.knex('custom_data_runs').insert({
        run_id: 'other',
        source: 'registry',
        kind: 'poll',
        started_at: new Date().toISOString(),
        outcome: 'running',
        lease_expires_at: new Date(Date.now() + 20_000).toISOString(),
      });
      await world.knex('custom_data_sources').update({ paused_at: null });
      expect((await world.source()).state).toBe('running');
      await expect(
        world.catalog.api('POST /sources/registry/sync', { body: {} }),
      ).resolves.toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('busy') } },
      });
    }),
  );

  it.concurrent(
    'shows sources that are misconfigured, and nothing that is secret',
    () =>
      within(async world => {
        await world.start({
          customData: {
            sources: {
              registry: {
                url: `${world.registry.url}?token=secret-token`,
                title: 'Registry',
                owner: 'platform',
                ...SOON,
              },
              faulty: { url: world.registry.url, headers: {} },
            },
          },
        });

        const { body } = await world.catalog.api('GET /sources');
        expect(body.items).toEqual([
          expect.objectContaining({
            name: 'faulty',
            state: 'misconfigured',
            reason: expect.stringContaining('headers'),
          }),
          expect.objectContaining({
            name: 'registry',
            title: 'Registry',
            url: world.registry.url,
            entities: 0,
          }),
        ]);
        expect(JSON.stringify(body)).not.toContain('secret-token');
        const first = await world.catalog.api('GET /sources?limit=1');
        expect(first.body.items).toHaveLength(1);
        const { nextCursor } = first.body.pageInfo;
        const second = await world.catalog.api(
          `GET /sources?cursor=${nextCursor}`,
        );
        expect(second.body.items.map((s: any) => s.name)).toEqual(['registry']);
        await expect(
          world.catalog.api('POST /sources/faulty/sync'),
        ).resolves.toMatchObject({ status: 409 });
      }),
  );

  it.concurrent(
    'lets only services write without the permission framework',
    () =>
      within(async world => {
        await world.start();
        await expect(
          world.catalog.api('GET /sources', { as: USER }),
        ).resolves.toMatchObject({ status: 200 });
        await expect(world.pause(USER)).resolves.toMatchObject({
          status: 403,
          body: {
            error: { message: expect.stringContaining('allowUserWrites') },
          },
        });
        await expect(
          world.catalog.api('GET /sources', {
            as: mockCredentials.none.header(),
          }),
        ).resolves.toMatchObject({ status: 401 });
      }),
  );

  it.concurrent('lets users write where the configuration says so', () =>
    within(async world => {
      await world.start({
        customData: {
          allowUserWrites: true,
          sources: { registry: { url: world.registry.url, ...SOON } },
        },
      });
      await expect(world.pause(USER)).resolves.toMatchObject({ status: 204 });
      expect((await world.source()).paused.by).toBe('user:default/jane');
    }),
  );

  it.concurrent(
    'shows of plans and problems what the caller may read in the catalog',
    () =>
      within(async world => {
        let mayReadAll = true;
        const decide = async (requests: Array<{ permission: Permission }>) =>
          requests.map(({ permission }) =>
            mayReadAll || permission.name !== catalogEntityReadPermission.name
              ? { result: AuthorizeResult.ALLOW }
              : ONLY_C,
          ) as any;
        await world.start({
          features: [
            mockServices.permissions.mock({
              authorize: decide,
              authorizeConditional: decide,
            }).factory,
          ],
        });
        await world.shown(...NAMES);
        ['a', 'b'].forEach(id => world.registry.put(id, 'a team with spaces'));
        NAMES.slice(2).forEach(id => world.registry.state.records.delete(id));
        await world.held();
        const listed = async (list: string) =>
          (
            await world.catalog.api(`GET /sources/registry/${list}`, {
              as: USER,
            })
          ).body;
        expect((await listed('plan')).items).toHaveLength(6);
        expect((await listed('problems')).items).not.toEqual([]);

        mayReadAll = false;
        expect(await listed('plan')).toMatchObject({
          plan: { count: 6 },
          items: [{ entityRef: 'component:default/c' }],
        });
        expect((await listed('problems')).items).toEqual([]);
      }),
  );

  it.concurrent(
    'asks for the permission of each danger, and audits what was tried',
    () =>
      within(async world => {
        const asked: string[] = [];
        const success = jest.fn();
        const fail = jest.fn();
        const createEvent = jest.fn(async () => ({ success, fail }));
        const authorize = async (requests: any[]) =>
          requests.map(({ permission }) => {
            asked.push(permission.name);
            return {
              result: permission.name.startsWith('customData.plan.')
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
            } as { result: AuthorizeResult.ALLOW | AuthorizeResult.DENY };
          });
        await world.start({
          permission: true,
          features: [
            mockServices.auditor.mock({ createEvent }).factory,
            mockServices.permissions.mock({
              authorize,
              authorizeConditional: authorize,
            }).factory,
          ],
        });

        await expect(world.pause(USER)).resolves.toMatchObject({ status: 204 });
        expect(success).toHaveBeenCalledTimes(1);
        await expect(
          world.catalog.api('POST /sources/registry/plan/some-hash/approve', {
            as: USER,
          }),
        ).resolves.toMatchObject({ status: 403 });

        expect(asked).toEqual(
          expect.arrayContaining([
            'customData.source.sync',
            'customData.plan.decide',
          ]),
        );
        expect(createEvent).toHaveBeenLastCalledWith(
          expect.objectContaining({
            eventId: 'plan-decide',
            severityLevel: 'medium',
            meta: {
              source: 'registry',
              hash: 'some-hash',
              decision: 'approved',
            },
          }),
        );
        expect(fail).toHaveBeenCalledTimes(1);
      }),
  );

  describe('what it answers', () => {
    let world: World;

    beforeAll(async () => {
      world = await createWorld('SQLITE_3');
      await world.start();
    });

    afterAll(() => world.stop());

    it.each([
      ['GET /sources/none', undefined, 404, 'NotFoundError'],
      ['GET /sources/none/runs', undefined, 404, 'NotFoundError'],
      ['POST /sources/none/sync', {}, 404, 'NotFoundError'],
      ['POST /sources/none/pause', undefined, 404, 'NotFoundError'],
      ['GET /sources?cursor=zzz', undefined, 400, 'InputError'],
      [
        'GET /sources/registry/runs?cursor=WyJhIl0',
        undefined,
        400,
        'InputError',
      ],
      ['GET /sources/registry/runs?limit=501', undefined, 400, 'InputError'],
      ['GET /sources/registry/plan?limit=x', undefined, 400, 'InputError'],
      ['POST /sources/registry/sync', { record: 'a' }, 400, 'InputError'],
    ])('answers %s %p with %p', async (call, body, status, name) => {
      await expect(world.catalog.api(call, { body })).resolves.toMatchObject({
        status,
        body: { error: { name } },
      });
    });

    it('answers that nothing was ever held', async () => {
      await expect(world.plan()).resolves.toEqual({
        plan: null,
        items: [],
        totalItems: 0,
        pageInfo: {},
      });
    });
  });
});
