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
  // CatalogFindings.test.ts has both databases.
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

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

  /** Locations that read single records, some of them faulty, and one manifest without a target. */
  async function startLocations(databaseId: TestDatabaseId) {
    const registry = await startRegistry();
    const folder = await mkdtemp(join(tmpdir(), 'findings-'));
    const file = join(folder, 'location.yaml');
    await writeFile(
      file,
      JSON.stringify({
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Location',
        metadata: { name: 'manifest' },
        spec: { type: 'custom-data' },
      }),
    );
    const targets = ['registry/none', 'regsitry/a', 'registry'];
    const catalog = await startCatalog({
      knex: await databases.init(databaseId),
      customData: {
        allowedLocationTypes: ['file', 'custom-data'],
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            poll: false,
            locations: { allow: ['custom-data:*', 'file:*'] },
          },
        },
      },
      catalog: {
        locations: [
          { type: 'file', target: file },
          ...targets.map(target => ({ type: 'custom-data', target })),
        ],
      },
    });
    /** The lines of the log about locations that fail, or no longer do. */
    const logged = (level: 'warn' | 'info'): string[] =>
      jest
        .mocked(catalog.logger[level])
        .mock.calls.map(([line]) => String(line))
        .filter(line => /location-failed|no longer fails/.test(line));
    return {
      registry,
      catalog,
      logged,
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

    it(`logs each location that fails, lists those of a source, and says when that is over on ${databaseId}`, async () => {
      const world = await startLocations(databaseId);
      const { catalog, registry, logged } = world;
      try {
        const locations = [
          'with the target "registry/none" failed',
          'with the target "regsitry/a" failed',
          'with the target "registry" failed',
          '"location:default/manifest" without a target failed',
        ];
        await waitFor(async () =>
          locations.forEach(location =>
            expect(logged('warn')).toContainEqual(
              expect.stringContaining(location),
            ),
          ),
        );
        expect(logged('warn')).toHaveLength(locations.length);
        const { body } = await catalog.api('GET /sources/registry/problems');
        expect(body.items).toEqual([
          expect.objectContaining({
            code: 'location-failed',
            recordId: 'none',
            message: expect.stringContaining('registry/none'),
          }),
        ]);

        registry.put('none');
        await waitFor(async () => {
          expect(await catalog.entities()).toEqual(['none']);
          expect(logged('info')).toEqual([
            expect.stringContaining('In source "registry", the location "'),
          ]);
        });
        expect(
          (await catalog.api('GET /sources/registry/problems')).body.items,
        ).toEqual([]);
        expect(logged('warn')).toHaveLength(locations.length);
      } finally {
        await world.stop();
      }
    });
  }
});
