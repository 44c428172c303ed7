import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  type Permission,
} from '@backstage/plugin-permission-common';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const USER = mockCredentials.user.header('user:default/jane');

describe('explaining entities of a real catalog', () => {
  // explainEntity.test.ts has both databases.
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  beforeEach(async () => {
    registry = await startRegistry();
  });

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
  });

  const explain = (name: string, as?: string, kind = 'component') =>
    catalog.api(`GET /entities/by-name/${kind}/default/${name}/explain`, {
      as,
    });

  it('explains an entity by its record, run and expressions', async () => {
    registry.put('a');
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        sources: {
          registry: { url: registry.url, ...SOON },
          places: {
            url: registry.url,
            poll: false,
            locations: { allow: ['custom-data:*'] },
            id: 'serviceId',
            entity: {
              kind: 'Resource',
              metadata: { name: '${{ serviceId }}' },
              spec: { type: 'place', owner: '${{ team }}' },
            },
            ...SOON,
          },
        },
      },
      catalog: {
        locations: [{ type: 'custom-data', target: 'places/a' }],
      },
    });
    await waitFor(async () => {
      expect(await catalog.entities()).toEqual(['a']);
      expect(await catalog.entities('resource')).toEqual(['a']);
    });
    await waitFor(async () =>
      expect((await explain('A', undefined, 'Component')).status).toBe(200),
    );

    const polled = (await explain('A', USER, 'Component')).body;
    expect(polled).toMatchObject({
      entityRef: 'component:default/a',
      source: 'registry',
      recordId: 'a',
      via: 'poll',
      locationKey: 'custom-data-registry',
      run: { outcome: 'applied' },
      recordState: 'seen',
      record: { state: 'current' },
      mapping: { type: 'template' },
      problems: [],
      fields: expect.arrayContaining([
        expect.objectContaining({
          path: 'metadata.name',
          reads: [{ path: 'serviceId', value: 'a' }],
          value: 'a',
        }),
      ]),
    });
    expect(polled).not.toHaveProperty('entity');
    expect((await explain('a', USER, 'resource')).body).toMatchObject({
      via: 'location',
      source: 'places',
      locationKey: 'custom-data:places/a',
      fetchedAt: expect.any(String),
      record: { state: 'current' },
    });

    registry.put('a', 'team-b');
    expect((await explain('a')).body.record.state).toBe('changed');
    registry.state.status = 500;
    const down = (await explain('a')).body;
    expect(down.record).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('500'),
    });
    expect(down.fields).toContainEqual({
      path: 'metadata.name',
      expression: '${{ serviceId }}',
      reads: [{ path: 'serviceId' }],
    });

    await expect(explain('nobody')).resolves.toMatchObject({
      status: 404,
      body: {
        error: {
          message: expect.stringContaining('"component:default/nobody"'),
        },
      },
    });
    await expect(explain('a%20b')).resolves.toMatchObject({ status: 400 });
  });

  it('explains no entity that the caller may not read, and fetches no record', async () => {
    registry.put('a');
    let mayRead = true;
    const decide = async (requests: Array<{ permission: Permission }>) =>
      requests.map(({ permission }) => ({
        result:
          mayRead || permission.name !== catalogEntityReadPermission.name
            ? AuthorizeResult.ALLOW
            : AuthorizeResult.DENY,
      })) as any;
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: { sources: { registry: { url: registry.url, ...SOON } } },
      features: [
        mockServices.permissions.mock({
          authorize: decide,
          authorizeConditional: decide,
        }).factory,
      ],
    });
    await waitFor(async () =>
      expect((await explain('a', USER)).status).toBe(200),
    );

    mayRead = false;
    const asked = registry.state.answers.length;

    await expect(explain('a', USER)).resolves.toMatchObject({ status: 404 });
    expect(
      registry.state.answers.slice(asked).filter(a => a.includes('/a')),
    ).toEqual([]);
  });
});
