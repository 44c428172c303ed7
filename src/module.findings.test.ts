import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

jest.setTimeout(180_000);

describe('what a real catalog finds in entities of ours', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  /** Names that another module's processor chokes on. */
  const broken = new Set<string>();
  let knex: Knex;
  let registry: Registry;
  let folder: string;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  const choking = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'choking',
    register(env) {
      env.registerInit({
        deps: { processing: catalogProcessingExtensionPoint },
        async init({ processing }) {
          processing.addProcessor({
            getProcessorName: () => 'choking',
            preProcessEntity: async entity => {
              if (broken.has(entity.metadata.name)) {
                throw new TypeError(`no "team" in ${entity.metadata.name}`);
              }
              return entity;
            },
          });
        },
      });
    },
  });

  const file = () => join(folder, 'catalog-info.yaml');

  /** What somebody else's location says that there is. */
  const declare = (name: string) =>
    writeFile(
      file(),
      JSON.stringify({
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Component',
        metadata: { name },
        spec: { type: 'service', lifecycle: 'production', owner: 'team-b' },
      }),
    );

  beforeEach(async () => {
    broken.clear();
    registry = await startRegistry();
    folder = await mkdtemp(join(tmpdir(), 'findings-'));
    await declare('elsewhere');
  });

  afterEach(async () => {
    await catalog.stop();
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  async function start(records: string[]) {
    records.forEach(id => registry.put(id));
    catalog = await startCatalog({
      knex,
      customData: { sources: { registry: { url: registry.url, ...SOON } } },
      catalog: { locations: [{ type: 'file', target: file() }] },
      features: [choking],
    });
    const names = [...records, 'elsewhere'].sort();
    await waitFor(async () => expect(await catalog.entities()).toEqual(names));
  }

  const problems = async () =>
    (await catalog.api('GET /sources/registry/problems')).body.items.filter(
      ({ code }: { code: string }) => code.startsWith('catalog-'),
    );
  const counted = async () =>
    (await catalog.api('GET /sources/registry')).body.problems.errors;
  const found = (...expected: object[]) =>
    waitFor(async () => expect(await problems()).toEqual(expected));

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    beforeEach(async () => {
      knex = await databases.init(databaseId);
    });

    it('shows its errors while they last, and those of records that are left', async () => {
      await start(['a', 'b', 'c']);
      broken.add('a').add('b');

      const errorOf = (id: string) =>
        expect.objectContaining({
          code: 'catalog-error',
          severity: 'error',
          recordId: id,
          entityRef: `component:default/${id}`,
          message: expect.stringContaining(`no "team" in ${id}`),
        });
      await waitFor(async () =>
        expect(await problems()).toEqual(
          expect.arrayContaining([errorOf('a'), errorOf('b')]),
        ),
      );
      expect(await counted()).toBe(2);
      expect(await catalog.entities()).toEqual(['a', 'b', 'c', 'elsewhere']);

      broken.delete('a');
      await found(errorOf('b'));
      registry.state.records.delete('b');
      await found();
      expect(await counted()).toBe(0);
    });

    it('shows that somebody else claims a ref of ours, until they no longer do', async () => {
      await start(['a', 'b']);
      await declare('a');

      await found(
        expect.objectContaining({
          code: 'catalog-conflict',
          severity: 'warning',
          recordId: 'a',
          entityRef: 'component:default/a',
          message: expect.stringContaining(`"file:${file()}"`),
        }),
      );

      await declare('elsewhere');
      await found();
    });
  });
});
