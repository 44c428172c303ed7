import { TestDatabases } from '@backstage/backend-test-utils';
import { withWorld } from './__testUtils__/catalogWorld';
import { deployment } from './__testUtils__/startCatalog';
import { waitFor } from './__testUtils__/waitFor';

describe('integrations as entities of the catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const within = withWorld(databases);

  for (const [databaseId] of databases.eachSupportedId()) {
    it(`shows who feeds an entity, until it is switched off, on ${databaseId}`, () =>
      within(async world => {
        const { registry } = world.source();
        const sources = { integrations: { ...registry, owner: 'platform' } };
        await world.start({ sources, extra: { integrationEntities: true } });
        await world.shown('a', 'b');
        await world.catalog.post(deployment('v1', { service: 'b' }));
        await world.catalog.post(deployment('v1', { service: 'nobodys' }));

        const relationsOf = async (name: string, kind: string) =>
          (await world.catalog.entity(name, kind))?.relations?.map(
            ({ type, targetRef }) => `${type} ${targetRef}`,
          );
        await waitFor(async () => {
          expect(
            await relationsOf('custom-data-source-integrations', 'resource'),
          ).toEqual([
            'dependencyOf component:default/a',
            'dependencyOf component:default/b',
            'ownedBy group:default/platform',
          ]);
          expect(
            await relationsOf('custom-data-sender-ci', 'resource'),
          ).toEqual([
            'dependencyOf component:default/b',
            'ownedBy group:default/unknown',
          ]);
          expect(await relationsOf('b', 'component')).toEqual(
            expect.arrayContaining([
              'dependsOn resource:default/custom-data-sender-ci',
              'dependsOn resource:default/custom-data-source-integrations',
            ]),
          );
        });

        // Nobody knows whether "yes" means that they are wanted: they stay.
        await world.catalog.stop();
        await world.start({ sources, extra: { integrationEntities: 'yes' } });
        await world.shown('a', 'b');
        expect(await world.catalog.entities('resource')).toHaveLength(2);

        await world.catalog.stop();
        await world.start({ sources });
        await waitFor(async () => {
          expect(await world.catalog.entities('resource')).toEqual([]);
          expect((await relationsOf('b', 'component'))?.join()).not.toContain(
            'dependsOn',
          );
        });
        await world.shown('a', 'b');
      }, databaseId));
  }
});
