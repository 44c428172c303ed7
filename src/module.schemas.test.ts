import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import { provideStaticCatalogModel } from '@backstage/plugin-catalog-node/alpha';
import {
  AuthorizeResult,
  type Permission,
} from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const model = createCatalogModelLayer({
  layerId: 'acme.com/widget',
  builder: layer =>
    layer.addKind({
      group: 'acme.com',
      names: { kind: 'Widget', singular: 'widget', plural: 'widgets' },
      description: 'A widget.',
      versions: [
        {
          name: 'v1',
          schema: {
            jsonSchema: {
              type: 'object',
              required: ['spec'],
              properties: {
                spec: {
                  type: 'object',
                  required: ['size'],
                  properties: { size: { type: 'string' } },
                },
              },
            },
          },
        },
      ],
    }),
});

const component = (spec: object) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'new' },
  spec: { type: 'service', lifecycle: 'production', ...spec },
});

async function validate(url: string, entity: object) {
  const response = await fetch(`${url}/custom-data/validate`, {
    method: 'POST',
    headers: {
      Authorization: mockCredentials.user.header(),
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(entity),
  });
  const { findings } = (await response.json()) as any;
  return findings.map(({ code, path }: any) => `${code} ${path}`);
}

describe('what the catalog holds entities to', () => {
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  let mayRead = true;
  const decide = async (requests: Array<{ permission: Permission }>) =>
    requests.map(({ permission }) => ({
      result:
        mayRead || permission.name !== catalogEntityReadPermission.name
          ? AuthorizeResult.ALLOW
          : AuthorizeResult.DENY,
    })) as any;

  async function start(customData: JsonObject) {
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData,
      features: [
        provideStaticCatalogModel({ layers: [model] }),
        mockServices.permissions.mock({
          authorize: decide,
          authorizeConditional: decide,
        }).factory,
      ],
    });
  }

  beforeEach(async () => {
    registry = await startRegistry();
    mayRead = true;
  });

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
  });

  it('is shown and checked with the kinds that the host has added, while nothing is configured', async () => {
    await start({});

    const { body } = await catalog.api('GET /schemas');
    const names = body.items.map(({ name }: any) => name);
    expect(names).toContain('Component.v1alpha1');
    expect(names).toContain('Widget.v1');

    const { href } = body.items.find(({ kind }: any) => kind === 'Widget');
    const schema = await catalog.api(`GET ${href.split('custom-data')[1]}`);
    expect(schema.body.properties.spec.required).toEqual(['size']);

    const widget = {
      apiVersion: 'acme.com/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: {},
    };
    await expect(validate(catalog.url, widget)).resolves.toEqual([
      'entity-invalid spec.size',
    ]);
  });

  it('is checked against the entities that the caller may read, also in a body that the catalog would not take', async () => {
    registry.put('a');
    await start({ sources: { registry: { url: registry.url, ...SOON } } });
    const entity = component({
      owner: 'component:a',
      dependsOn: ['component:b'],
      description: 'x'.repeat(500_000),
    });
    const unknown = 'ref-unresolved spec.dependsOn[0]';
    await waitFor(async () =>
      expect(await validate(catalog.url, entity)).toEqual([unknown]),
    );

    mayRead = false;
    await expect(validate(catalog.url, entity)).resolves.toEqual(
      expect.arrayContaining(['ref-unresolved spec.owner', unknown]),
    );
  });
});
