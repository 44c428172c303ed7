import {
  mockCredentials,
  mockServices,
  type TestDatabaseId,
  TestDatabases,
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
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

/** The decision of a policy that shows one entity. */
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

const USER = mockCredentials.user.header('user:default/jane');
const SERVICE = 'external:test-service';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Too long for a name; the team has a character that PostgreSQL refuses. */
const INVALID_ID = 'x'.repeat(250);

const REFUSE_UPDATES_OF_A: Partial<Record<TestDatabaseId, string>> = {
  SQLITE_3: `
    create trigger refuse before update of unprocessed_entity on refresh_state
    when new.entity_ref = 'component:default/a'
    begin select raise(abort, 'refused'); end`,
  POSTGRES_18: `
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.entity_ref = 'component:default/a'
        and new.unprocessed_entity is distinct from old.unprocessed_entity
      then raise exception 'refused'; end if;
      return new;
    end $$;
    create trigger refuse before update on refresh_state
      for each row execute function refuse()`,
};
const ALLOW_UPDATES: Partial<Record<TestDatabaseId, string>> = {
  SQLITE_3: 'drop trigger refuse',
  POSTGRES_18: 'drop trigger refuse on refresh_state',
};

describe('the API of sources in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  let knex: Knex;
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  async function start(
    more: Partial<Parameters<typeof startCatalog>[0]> = {},
    customData: object = {},
  ) {
    catalog = await startCatalog({
      knex,
      customData: {
        sources: {
          registry: { url: registry.url, ...SOON },
        },
        ...customData,
      },
      ...more,
    });
  }
  const get = async (path: string, as?: string) =>
    (await catalog.api(`GET /sources/registry${path}`, { as })).body;
  const post = (path: string, as?: string) =>
    catalog.api(`POST /sources/registry${path}`, { as });
  const shown = (...names: string[]) =>
    waitFor(async () => expect(await catalog.entities()).toEqual(names));
  const held = () =>
    waitFor(async () => {
      const { pendingPlan } = await get('');
      expect(pendingPlan).toBeDefined();
      return pendingPlan as { hash: string; count: number };
    });
  const owners = async () =>
    Promise.all(
      NAMES.map(async name =>
        String((await catalog.entity(name))?.spec?.owner).replace('group:', ''),
      ),
    );
  function fillRegistry() {
    registry.state.records.clear();
    NAMES.forEach(name => registry.put(name));
  }

  beforeAll(async () => {
    registry = await startRegistry();
  });

  afterAll(() => registry.stop());

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    beforeAll(async () => {
      knex = await databases.init(databaseId);
      fillRegistry();
      registry.put(INVALID_ID, 'team\u0000a');
      await start();
    });

    afterAll(() => catalog.stop());

    beforeEach(async () => {
      fillRegistry();
      await shown(...NAMES);
    });

    it('skips a record that is invalid in every way, and no other', async () => {
      registry.put(INVALID_ID, 'team\u0000a');
      await waitFor(async () => {
        const source = await get('');
        expect(source.problems.errors).toBeGreaterThan(0);
        expect(source).toMatchObject({ entities: NAMES.length, failures: 0 });
      });
      await shown(...NAMES);
    });

    it('gives a change again that the catalog did not store, at the cost of no other', async () => {
      await knex.raw(REFUSE_UPDATES_OF_A[databaseId]!);
      NAMES.forEach(name => registry.put(name, 'team-b'));
      await waitFor(async () => {
        expect(await owners()).toEqual([
          'team-a',
          ...NAMES.slice(1).map(() => 'team-b'),
        ]);
        expect(await get('/problems')).toMatchObject({
          items: expect.arrayContaining([
            expect.objectContaining({
              code: 'not-stored',
              entityRef: 'component:default/a',
            }),
          ]),
        });
      });
      await knex.raw(ALLOW_UPDATES[databaseId]!);
      await waitFor(async () =>
        expect(await owners()).toEqual(NAMES.map(() => 'team-b')),
      );
    });

    it('gives an entity again that somebody deleted in the catalog', async () => {
      await waitFor(async () =>
        expect(await owners()).toEqual(NAMES.map(() => 'team-a')),
      );
      const { metadata } = (await catalog.entity('c'))!;
      const deleted = await fetch(
        `${catalog.url}/entities/by-uid/${metadata.uid}`,
        {
          method: 'DELETE',
          headers: { Authorization: mockCredentials.service.header() },
        },
      );
      expect(deleted.status).toBe(204);
      await waitFor(async () => {
        const { items } = await get('/runs');
        expect(items).toContainEqual(
          expect.objectContaining({
            counts: expect.objectContaining({ restored: 1 }),
          }),
        );
      });
      await shown(...NAMES);
    });

    it('removes what is held once that is approved', async () => {
      registry.state.records.clear();
      const { hash, count } = await held();
      expect(count).toBe(8);
      expect(await get('/plan')).toMatchObject({
        plan: { hash, state: 'pending', count: 8 },
        items: NAMES.map(recordId => ({
          entityRef: `component:default/${recordId}`,
          recordId,
          owner: 'group:team-a',
        })),
      });

      await expect(post(`/plan/${hash}/approve`)).resolves.toEqual({
        status: 200,
        body: { hash, state: 'approved' },
      });

      await shown();
      await waitFor(async () =>
        expect((await get('/plan')).plan).toMatchObject({
          hash,
          state: 'applied',
          decidedBy: SERVICE,
        }),
      );
      await waitFor(async () =>
        expect(await get('')).toMatchObject({ entities: 0, state: 'idle' }),
      );
    });

    // The last one, since it leaves a catalog without the source.
    it('removes the entities of a source that is no longer configured', async () => {
      await catalog.stop();
      await start({}, { sources: {} });

      expect(await get('')).toMatchObject({
        name: 'registry',
        state: 'unconfigured',
        entities: 8,
        pendingPlan: { count: 8 },
      });
      const { hash } = (await get('/plan')).plan;
      await expect(post(`/plan/${hash}/reject`)).resolves.toMatchObject({
        status: 200,
      });
      expect((await get('/plan')).plan.state).toBe('rejected');
      await shown(...NAMES);

      await expect(post(`/plan/${hash}/approve`)).resolves.toMatchObject({
        status: 200,
      });

      await shown();
      expect((await catalog.api('GET /sources/registry')).status).toBe(404);
      expect(await knex('custom_data_contributions')).toEqual([]);
      expect(await knex('custom_data_plans').where({ hash })).toMatchObject([
        { state: 'applied', decided_by: SERVICE },
      ]);
    });
  });

  describe('without the permission framework', () => {
    beforeEach(async () => {
      knex = await databases.init('SQLITE_3');
    });

    afterEach(() => catalog.stop());

    it('lets users read, and only services write', async () => {
      await start();
      expect((await catalog.api('GET /sources', { as: USER })).status).toBe(
        200,
      );
      await expect(post('/pause', USER)).resolves.toMatchObject({
        status: 403,
        body: {
          error: { message: expect.stringContaining('allowUserWrites') },
        },
      });
      const nobody = mockCredentials.none.header();
      expect((await catalog.api('GET /sources', { as: nobody })).status).toBe(
        401,
      );
    });

    it('lets users write if the configuration allows it', async () => {
      await start({}, { allowUserWrites: true });
      expect((await post('/pause', USER)).status).toBe(204);
      expect((await get('')).paused.by).toBe('user:default/jane');
    });
  });

  describe('with the permission framework', () => {
    let mayReadAll: boolean;

    beforeAll(async () => {
      knex = await databases.init('SQLITE_3');
      fillRegistry();
      const decide = async (requests: Array<{ permission: Permission }>) =>
        requests.map(({ permission }) =>
          mayReadAll || permission.name !== catalogEntityReadPermission.name
            ? { result: AuthorizeResult.ALLOW }
            : ONLY_C,
        ) as any;
      const permissions = mockServices.permissions.mock({
        authorize: decide,
        authorizeConditional: decide,
      });
      await start(
        { permission: true, features: [permissions.factory] },
        {
          sources: {
            registry: { url: `${registry.url}?token=secret-token`, ...SOON },
            faulty: { url: registry.url, headers: {} },
          },
        },
      );
    });

    afterAll(() => catalog.stop());

    beforeEach(() => {
      mayReadAll = true;
    });

    it('shows misconfigured sources, and nothing that is secret', async () => {
      const { body } = await catalog.api('GET /sources', { as: USER });
      expect(body.items).toEqual([
        expect.objectContaining({
          name: 'faulty',
          state: 'misconfigured',
          reason: expect.stringContaining('headers'),
        }),
        expect.objectContaining({ name: 'registry', url: registry.url }),
      ]);
      expect(JSON.stringify(body)).not.toContain('secret-token');
    });

    it('shows the plans and problems that the caller may read in the catalog', async () => {
      await shown(...NAMES);
      ['a', 'b'].forEach(id => registry.put(id, 'a team with spaces'));
      NAMES.slice(2).forEach(id => registry.state.records.delete(id));
      await held();
      expect((await get('/plan', USER)).items).toHaveLength(6);
      expect((await get('/problems', USER)).items).not.toEqual([]);

      mayReadAll = false;
      expect(await get('/plan', USER)).toMatchObject({
        plan: { count: 6 },
        items: [{ entityRef: 'component:default/c' }],
      });
      expect((await get('/problems', USER)).items).toEqual([]);
    });

    it('lets users write who have the permission', async () => {
      expect((await post('/pause', USER)).status).toBe(204);
      expect((await post('/resume', USER)).status).toBe(204);
    });
  });
});
