import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const OTHER_HASH = '0'.repeat(64);

jest.setTimeout(120_000);

const USER = mockCredentials.user.header('user:default/jane');
const SERVICE = 'external:test-service';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('the API of sources in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  let knex: Knex;
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  beforeEach(async () => {
    registry = await startRegistry();
    NAMES.forEach(name => registry.put(name));
  });

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
  });

  async function start(
    more: Partial<Parameters<typeof startCatalog>[0]> = {},
    source: object = {},
  ) {
    catalog = await startCatalog({
      knex,
      customData: {
        sources: { registry: { url: registry.url, ...SOON, ...source } },
      },
      ...more,
    });
  }

  const shown = (...names: string[]) =>
    waitFor(async () => expect(await catalog.entities()).toEqual(names));
  const source = async () => (await catalog.api('GET /sources/registry')).body;
  const plan = async () =>
    (await catalog.api('GET /sources/registry/plan')).body;
  const held = () =>
    waitFor(async () => {
      const { pendingPlan } = await source();
      expect(pendingPlan).toBeDefined();
      return pendingPlan as { hash: string; count: number };
    });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    beforeEach(async () => {
      knex = await databases.init(databaseId);
    });

    it('removes what is held once that is approved', async () => {
      await start();
      await shown(...NAMES);
      registry.state.records.clear();
      const { hash, count } = await held();
      expect(count).toBe(8);
      expect(await plan()).toEqual({
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
        catalog.api(`POST /sources/registry/plan/${hash}/approve`),
      ).resolves.toEqual({ status: 200, body: { hash, state: 'approved' } });

      await shown();
      await waitFor(async () =>
        expect((await plan()).plan).toMatchObject({
          hash,
          state: 'applied',
          decidedBy: SERVICE,
        }),
      );
      expect(await source()).toMatchObject({ entities: 0, state: 'idle' });
      await expect(
        catalog.api(`POST /sources/registry/plan/${hash}/approve`),
      ).resolves.toMatchObject({
        status: 409,
        body: { error: { name: 'ConflictError' } },
      });
    });

    it('pages through runs, problems and refs', async () => {
      for (const id of ['x', 'y', 'z']) {
        registry.put(id, 'a team with spaces', { serviceId: `${id} !` });
      }
      await start();
      await shown(...NAMES);
      await waitFor(async () =>
        expect(
          (
            await catalog.api('GET /sources/registry/runs')
          ).body.totalItems,
        ).toBeGreaterThan(2),
      );
      await catalog.api('POST /sources/registry/pause');

      for (const list of ['runs', 'problems']) {
        const path = `/sources/registry/${list}`;
        const whole = (await catalog.api(`GET ${path}?limit=500`)).body;
        const items: unknown[] = [];
        let cursor = '';
        do {
          const page = (await catalog.api(`GET ${path}?limit=2${cursor}`)).body;
          items.push(...page.items);
          expect(page.totalItems).toBe(whole.totalItems);
          const next = page.pageInfo.nextCursor;
          cursor = next && `&cursor=${next}`;
        } while (cursor);
        expect(items).toEqual(whole.items);
        expect(items.length).toBeGreaterThan(2);
      }
    });

    it('lets a record that fits nowhere cost no more than itself', async () => {
      registry.put('x'.repeat(250), 'team\u0000a');
      await start();

      await shown(...NAMES);
      await waitFor(async () =>
        expect((await source()).problems.errors).toBeGreaterThan(0),
      );
      expect(await source()).toMatchObject({
        entities: NAMES.length,
        failures: 0,
        lastRun: { outcome: expect.stringMatching(/unchanged|applied/) },
      });
    });

    it('removes the entities of a source that is no longer configured', async () => {
      await start();
      await shown(...NAMES);
      await catalog.stop();
      await start({ customData: { sources: {} } });

      expect(await source()).toMatchObject({
        name: 'registry',
        state: 'unconfigured',
        entities: 8,
        pendingPlan: { count: 8 },
      });
      const body = await plan();
      expect(body).toMatchObject({
        plan: { reason: 'the source is no longer configured', count: 8 },
        totalItems: 8,
      });
      const call = `POST /sources/registry/plan/${body.plan.hash}`;
      await expect(
        catalog.api(`POST /sources/registry/plan/${OTHER_HASH}/approve`),
      ).resolves.toMatchObject({ status: 409 });
      await expect(catalog.api(`${call}/reject`)).resolves.toMatchObject({
        status: 200,
      });
      expect((await plan()).plan.state).toBe('rejected');
      await shown(...NAMES);

      await expect(catalog.api(`${call}/approve`)).resolves.toMatchObject({
        status: 200,
      });

      await shown();
      await expect(catalog.api('GET /sources/registry')).resolves.toMatchObject(
        { status: 404 },
      );
      expect(await knex('custom_data_contributions')).toEqual([]);
      expect(await knex('custom_data_plans').first()).toMatchObject({
        state: 'applied',
        decided_by: SERVICE,
      });
      expect(await knex('custom_data_plan_refs')).toHaveLength(8);
    });
  });

  describe('on one database', () => {
    beforeEach(async () => {
      knex = await databases.init('SQLITE_3');
    });

    it('keeps what was rejected', async () => {
      await start();
      await shown(...NAMES);
      registry.state.records.clear();
      const { hash } = await held();
      await catalog.api(`POST /sources/registry/plan/${hash}/reject`);
      const runs = async () =>
        (await catalog.api('GET /sources/registry/runs')).body.totalItems;
      const before = await runs();
      await waitFor(async () =>
        expect(await runs()).toBeGreaterThan(before + 2),
      );

      expect(await catalog.entities()).toEqual(NAMES);
      expect((await source()).pendingPlan).toBeUndefined();
      expect((await plan()).plan.state).toBe('rejected');
    });

    it('lets a plan go when the records come back', async () => {
      await start();
      await shown(...NAMES);
      const records = new Map(registry.state.records);
      registry.state.records.clear();
      const { hash } = await held();
      records.forEach((record, id) => registry.state.records.set(id, record));

      await waitFor(async () =>
        expect((await plan()).plan).toMatchObject({ hash, state: 'void' }),
      );
      await expect(
        catalog.api(`POST /sources/registry/plan/${hash}/approve`),
      ).resolves.toMatchObject({ status: 409 });
      expect(await catalog.entities()).toEqual(NAMES);
    });

    it('shows problems while they last', async () => {
      registry.put('broken', 'team-a', { serviceId: 'not a name!' });
      await start();
      await shown(...NAMES);
      const problems = async () =>
        (await catalog.api('GET /sources/registry/problems')).body;
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
      expect((await source()).problems).toEqual({
        errors: 1,
        // The catalog of the test has no groups.
        warnings: 1,
        beyond: 0,
      });

      registry.state.records.delete('broken');
      await waitFor(async () =>
        expect((await problems()).items).toMatchObject([
          { code: 'owner-unknown', entityRef: 'group:default/team-a' },
        ]),
      );
    });

    it('pauses and resumes', async () => {
      await start();
      await shown(...NAMES);
      await expect(
        catalog.api('POST /sources/registry/pause'),
      ).resolves.toMatchObject({ status: 204 });
      await waitFor(async () =>
        expect(await source()).toMatchObject({
          state: 'paused',
          paused: { by: SERVICE },
        }),
      );
      await expect(
        catalog.api('POST /sources/registry/sync', { body: {} }),
      ).resolves.toMatchObject({ status: 409 });

      registry.put('new');
      await catalog.api('POST /sources/registry/resume');
      await shown(...NAMES, 'new');
    });

    it('syncs one record, or all of them, at once', async () => {
      await start(
        {},
        {
          schedule: { ...SOON.schedule, frequency: { hours: 1 } },
        },
      );
      await shown(...NAMES);
      const sync = (body: unknown) =>
        catalog.api('POST /sources/registry/sync', { body });
      registry.put('a', 'team-b');
      registry.put('new');

      await expect(sync({ recordId: 'a' })).resolves.toEqual({
        status: 200,
        body: { status: 'synced' },
      });
      await waitFor(async () =>
        expect((await catalog.entity('a'))?.spec?.owner).toBe('group:team-b'),
      );
      await expect(sync({ recordId: '..' })).resolves.toMatchObject({
        status: 400,
        body: { error: { name: 'InputError' } },
      });
      await expect(sync({ recordId: 'none' })).resolves.toEqual({
        status: 200,
        body: { status: 'not-found' },
      });
      expect(await catalog.entity('new')).toBeUndefined();

      await expect(sync({})).resolves.toEqual({
        status: 202,
        body: { status: 'started' },
      });
      await shown(...NAMES, 'new');
      expect((await source()).lastRun).toMatchObject({
        kind: 'manual',
        outcome: 'applied',
        counts: { added: 1 },
      });
    });

    it('says that a source is busy, or does not answer', async () => {
      await start();
      await shown(...NAMES);
      await catalog.api('POST /sources/registry/pause');
      await waitFor(async () => expect((await source()).state).toBe('paused'));
      await knex('custom_data_runs').insert({
        run_id: 'other',
        source: 'registry',
        kind: 'poll',
        started_at: new Date().toISOString(),
        outcome: 'running',
        lease_expires_at: new Date(Date.now() + 20_000).toISOString(),
      });
      await knex('custom_data_sources').update({ paused_at: null });
      expect((await source()).state).toBe('running');
      await expect(
        catalog.api('POST /sources/registry/sync', { body: {} }),
      ).resolves.toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('busy') } },
      });
    });

    it('shows sources that are misconfigured, and nothing that is secret', async () => {
      await start({
        customData: {
          sources: {
            registry: {
              url: `${registry.url}?token=secret-token`,
              title: 'Registry',
              owner: 'platform',
              ...SOON,
            },
            faulty: { url: registry.url, headers: {} },
          },
        },
      });

      const { body } = await catalog.api('GET /sources');
      expect(body.items).toEqual([
        expect.objectContaining({
          name: 'faulty',
          state: 'misconfigured',
          reason: expect.stringContaining('headers'),
        }),
        expect.objectContaining({
          name: 'registry',
          title: 'Registry',
          url: registry.url,
          entities: 0,
        }),
      ]);
      expect(JSON.stringify(body)).not.toContain('secret-token');
      const first = await catalog.api('GET /sources?limit=1');
      expect(first.body.items).toHaveLength(1);
      const { nextCursor } = first.body.pageInfo;
      const second = await catalog.api(`GET /sources?cursor=${nextCursor}`);
      expect(second.body.items.map((s: any) => s.name)).toEqual(['registry']);
      await expect(
        catalog.api('POST /sources/faulty/sync'),
      ).resolves.toMatchObject({ status: 409 });
    });

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
      await start({}, { paused: false });
      await expect(catalog.api(call, { body })).resolves.toMatchObject({
        status,
        body: { error: { name } },
      });
    });

    it('answers that nothing was ever held', async () => {
      await start();
      await expect(plan()).resolves.toEqual({
        plan: null,
        items: [],
        totalItems: 0,
        pageInfo: {},
      });
    });

    describe('where users may not', () => {
      const pause = (as: string) =>
        catalog.api('POST /sources/registry/pause', { as });

      it('lets only services write without the permission framework', async () => {
        await start();
        await expect(
          catalog.api('GET /sources', { as: USER }),
        ).resolves.toMatchObject({ status: 200 });
        await expect(pause(USER)).resolves.toMatchObject({
          status: 403,
          body: {
            error: { message: expect.stringContaining('allowUserWrites') },
          },
        });
        await expect(
          catalog.api('GET /sources', { as: mockCredentials.none.header() }),
        ).resolves.toMatchObject({ status: 401 });
      });

      it('lets users write where the configuration says so', async () => {
        await start({
          customData: {
            allowUserWrites: true,
            sources: { registry: { url: registry.url, ...SOON } },
          },
        });
        await expect(pause(USER)).resolves.toMatchObject({ status: 204 });
        expect((await source()).paused.by).toBe('user:default/jane');
      });

      it('asks for the permission of each danger, and audits what was tried', async () => {
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
        await start({
          permission: true,
          features: [
            mockServices.auditor.mock({ createEvent }).factory,
            mockServices.permissions.mock({
              authorize,
              authorizeConditional: authorize,
            }).factory,
          ],
        });

        await expect(pause(USER)).resolves.toMatchObject({ status: 204 });
        expect(success).toHaveBeenCalledTimes(1);
        await expect(
          catalog.api('POST /sources/registry/plan/some-hash/approve', {
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
      });
    });
  });
});
