import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { type Registry, startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const MANIFEST = `apiVersion: backstage.io/v1alpha1
kind: Location
metadata:
  name: org-catalog-sync
spec:
  type: custom-data
  targets:
    - registry/a
    - registry/a
    - registry/nowhere
`;

describe('routes of the reference beside the real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  const start = async (customData: object = {}) => {
    registry = await startRegistry();
    registry.put('a');
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        sources: {
          registry: {
            url: registry.url,
            poll: false,
            locations: { allow: ['custom-data:*', 'url:*'] },
            ...SOON,
          },
          polled: {
            url: registry.url,
            ...SOON,
            id: 'serviceId',
            entity: {
              kind: 'Resource',
              metadata: { name: '${{ serviceId }}' },
              spec: { type: 'place', owner: '${{ team }}' },
            },
          },
          pushed: {
            type: 'push',
            kinds: ['Component'],
            principals: [{ subject: 'external:test-service' }],
          },
        },
        allowedLocationTypes: ['url', 'custom-data'],
        ...customData,
      },
    });
  };

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
  });

  const send = async (
    call: string,
    more: { body?: string; type?: string; as?: string } = {},
  ) => {
    const [method, path] = call.split(' ');
    const { body, type = 'application/json', as } = more;
    const response = await fetch(`${catalog.url}${path}`, {
      method,
      body,
      headers: {
        Authorization: as ?? mockCredentials.service.header(),
        ...(body !== undefined && { 'Content-Type': type }),
      },
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? JSON.parse(text) : undefined,
    };
  };

  it('takes a Location manifest as YAML under any content type, and shows what became of its targets', async () => {
    await start();
    const first = await send('POST /locations', { body: MANIFEST });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      name: 'org-catalog-sync',
      items: [
        { target: 'registry/a', state: 'registered' },
        { target: 'registry/nowhere', state: 'registered' },
      ],
      notes: [expect.stringContaining('more than once')],
    });
    const again = await send('POST /locations', {
      body: MANIFEST,
      type: 'application/yaml',
    });
    expect(again.status).toBe(200);
    expect(again.body.items.map((item: any) => item.state)).toEqual([
      'exists',
      'exists',
    ]);
    await waitFor(async () => {
      expect(await catalog.entities()).toEqual(['a']);
      const { body } = await send(
        'GET /custom-data/locations?name=org-catalog-sync',
      );
      expect(body).toMatchObject({
        totalItems: 1,
        items: [
          {
            name: 'org-catalog-sync',
            targets: [
              { target: 'registry/a', state: 'read', errors: [] },
              {
                target: 'registry/nowhere',
                state: 'failed',
                errors: [{ message: expect.stringContaining('nowhere') }],
              },
            ],
          },
        ],
      });
    });
  });

  it('lists schemas, and rehearses locations without registering them', async () => {
    await start();
    const { body: schemas } = await send('GET /schemas');
    expect(schemas.schemas.map((schema: any) => schema.name)).toContain(
      'Component.v1alpha1',
    );
    const rehearse = (body: object) =>
      send('POST /locations/dry-run', { body: JSON.stringify(body) });
    const found = await rehearse({
      target: 'custom-data:registry/a',
      expected: {
        entities: ['component:default/a', 'component:default/b'],
        relations: [],
      },
    });
    expect(found.body.comparison).toMatchObject({
      isSame: false,
      missingEntities: ['component:default/b'],
      unexpectedEntities: [],
      unexpectedRelations: [{ source: 'component:default/a', type: 'ownedBy' }],
    });
    const unreadable = await rehearse({ target: 'http://localhost:9/a.yaml' });
    expect(unreadable.status).toBe(400);
    expect(unreadable.body.error.message).toContain('The catalog cannot read');
    const unknown = await rehearse({ target: 'custom-data:other/a' });
    expect(unknown.body.error.message).toContain('"registry"');
    expect((await send('GET /locations')).body).toEqual([]);
  });

  it('refreshes all managed entities where the catalog is asked without a body', async () => {
    await start();
    await waitFor(async () =>
      expect(await catalog.entities('resource')).toEqual(['a']),
    );
    const { status, body } = await send('POST /refresh');
    expect(status).toBe(202);
    expect(body).toMatchObject({ total: 1 });
    await waitFor(async () => {
      const progress = await send(`GET /custom-data/refreshes/${body.id}`);
      expect(progress.body).toMatchObject({
        state: 'done',
        done: 1,
        failed: 0,
      });
    });
    const report = await send('GET /custom-data/templates/report');
    expect(report.body).toMatchObject({ templates: 0, entities: 0 });
  });

  it('takes an entity at the path where the catalog shows it, alone or out of a backup of more than 100 kB', async () => {
    await start();
    await waitFor(async () =>
      expect(await catalog.entities('resource')).toEqual(['a']),
    );
    const path = '/entities/by-name/component/default/b';
    const entity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name: 'b', description: 'x'.repeat(150_000) },
      spec: { type: 'service', lifecycle: 'production', owner: 'team-a' },
    };
    const written = await send(`PUT ${path}`, { body: JSON.stringify(entity) });
    expect(written).toMatchObject({ status: 201, body: { source: 'pushed' } });
    const { body: backup } = await waitFor(async () => {
      const answer = await send('GET /entities');
      expect(answer.body).toHaveLength(2);
      return answer;
    });
    expect(backup[0].metadata.uid).toBeDefined();
    registry.put('a', 'team-b');
    await waitFor(async () =>
      expect((await catalog.entity('a', 'resource'))?.spec?.owner).toBe(
        'team-b',
      ),
    );
    const body = JSON.stringify(backup);
    const restored = await send(
      'PUT /entities/by-name/resource/default/a?reason=undo',
      { body },
    );
    expect(restored).toMatchObject({ status: 200, body: { source: 'polled' } });
    await waitFor(async () =>
      expect((await catalog.entity('a', 'resource'))?.spec?.owner).toBe(
        'team-a',
      ),
    );
    const again = await send(`PUT ${path}`, { body });
    expect(again).toMatchObject({
      status: 200,
      body: { source: 'pushed', before: written.body.revision },
    });
    const missing = await send('PUT /entities/by-name/component/default/c', {
      body,
    });
    expect(missing.status).toBe(400);
    expect(missing.body.error.message).toContain('"component:default/c"');
  });

  it('is gone with aliasRoutes: false', async () => {
    await start({ aliasRoutes: false });
    expect((await send('GET /schemas')).status).toBe(404);
    expect((await send('POST /locations', { body: MANIFEST })).status).toBe(
      400,
    );
    expect((await send('POST /refresh')).status).toBe(400);
    const path = '/entities/by-name/resource/default/a';
    expect((await send(`PUT ${path}`, { body: '{}' })).status).toBe(404);
  });
});
