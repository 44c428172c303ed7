import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  TestDatabases,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';

/** A module whose processor fails on entities with these names. */
const failingOn = (broken: Set<string>) =>
  createBackendModule({
    pluginId: 'catalog',
    moduleId: 'failing',
    register(env) {
      env.registerInit({
        deps: { processing: catalogProcessingExtensionPoint },
        async init({ processing }) {
          processing.addProcessor({
            getProcessorName: () => 'failing',
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

describe('what a real catalog finds in our entities', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  async function start(databaseId: TestDatabaseId, records: string[]) {
    const knex = await databases.init(databaseId);
    const registry = await startRegistry();
    const folder = await mkdtemp(join(tmpdir(), 'findings-'));
    const file = join(folder, 'catalog-info.yaml');
    const broken = new Set<string>();
    /** Writes the one entity of somebody else's location. */
    const declare = (name: string) =>
      writeFile(
        file,
        JSON.stringify({
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: { name },
          spec: { type: 'service', lifecycle: 'production', owner: 'team-b' },
        }),
      );
    await declare('elsewhere');
    records.forEach(id => registry.put(id));
    const catalog = await startCatalog({
      knex,
      customData: { sources: { registry: { url: registry.url, ...SOON } } },
      catalog: { locations: [{ type: 'file', target: file }] },
      features: [failingOn(broken)],
    });
    const problems = async () =>
      (await catalog.api('GET /sources/registry/problems')).body.items.filter(
        ({ code }: { code: string }) => code.startsWith('catalog-'),
      );
    const names = [...records, 'elsewhere'].sort();
    await waitFor(async () => expect(await catalog.entities()).toEqual(names));
    return {
      catalog,
      registry,
      file,
      broken,
      declare,
      counted: async () =>
        (await catalog.api('GET /sources/registry')).body.problems.errors,
      found: (...expected: object[]) =>
        waitFor(async () => {
          const found = await problems();
          expect(found).toHaveLength(expected.length);
          expect(found).toEqual(expect.arrayContaining(expected));
        }),
      stop: async () => {
        await catalog.stop();
        await registry.stop();
        await rm(folder, { recursive: true });
      },
    };
  }

  const within = async (
    databaseId: TestDatabaseId,
    records: string[],
    test: (world: Awaited<ReturnType<typeof start>>) => Promise<void>,
  ) => {
    const world = await start(databaseId, records);
    try {
      await test(world);
    } finally {
      await world.stop();
    }
  };

  for (const [databaseId] of databases.eachSupportedId()) {
    it(`lists the errors of entities until they are fixed or gone on ${databaseId}`, () =>
      within(databaseId, ['a', 'b', 'c'], async world => {
        const { broken, catalog, counted, found, registry } = world;
        broken.add('a').add('b');

        const errorOf = (id: string) =>
          expect.objectContaining({
            code: 'catalog-error',
            severity: 'error',
            recordId: id,
            entityRef: `component:default/${id}`,
            message: expect.stringContaining(`no "team" in ${id}`),
          });
        await found(errorOf('a'), errorOf('b'));
        expect(await counted()).toBe(2);
        expect(await catalog.entities()).toEqual(['a', 'b', 'c', 'elsewhere']);

        broken.delete('a');
        await found(errorOf('b'));
        registry.state.records.delete('b');
        await found();
        expect(await counted()).toBe(0);
      }));

    it(`lists a claim to a ref of ours until the claim ends on ${databaseId}`, () =>
      within(databaseId, ['a', 'b'], async ({ declare, file, found }) => {
        await declare('a');

        await found(
          expect.objectContaining({
            code: 'catalog-conflict',
            severity: 'warning',
            recordId: 'a',
            entityRef: 'component:default/a',
            message: expect.stringContaining(`"file:${file}"`),
          }),
        );

        await declare('elsewhere');
        await found();
      }));
  }
});
