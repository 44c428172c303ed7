import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { dirname, join } from 'node:path';
import { findByAnnotation, readRelations } from './catalogTables';

const CATALOG_MIGRATIONS = join(
  dirname(require.resolve('@backstage/plugin-catalog-backend/package.json')),
  'migrations',
);

/** Entities as the catalog has them before it processes them. */
async function writeStates(
  knex: Knex,
  ids: string[],
  refOf: (id: string) => string = id => id,
) {
  await knex.batchInsert(
    'refresh_state',
    ids.map(id => ({
      entity_id: id,
      entity_ref: refOf(id),
      unprocessed_entity: '{}',
      errors: '[]',
      next_update_at: knex.fn.now(),
      last_discovery_at: knex.fn.now(),
    })),
    50,
  );
}

describe('readRelations', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  /** `[origin, source, type, target]`, as the catalog's processing writes them. */
  async function write(
    knex: Knex,
    relations: Array<[string, string, string, string]>,
  ) {
    const origins = [...new Set(relations.map(([origin]) => origin))];
    await writeStates(knex, origins);
    await knex.batchInsert(
      'relations',
      relations.map(([origin, source, type, target]) => ({
        originating_entity_id: origin,
        source_entity_ref: source,
        type,
        target_entity_ref: target,
      })),
      50,
    );
  }

  it.each(databases.eachSupportedId())(
    'gives what leads away from refs, whoever gave it, once, %p',
    async databaseId => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest({ directory: CATALOG_MIGRATIONS });
      const many = Array.from({ length: 1200 }, (_, index) => `c:d/n${index}`);
      await write(knex, [
        ['c:d/a', 'c:d/a', 'dependsOn', 'c:d/b'],
        ['c:d/b', 'c:d/a', 'dependsOn', 'c:d/b'],
        ['c:d/b', 'c:d/a', 'partOf', 's:d/s'],
        ['c:d/a', 'c:d/a', 'ownedBy', 'g:d/g'],
        ['c:d/a', 'c:d/b', 'dependencyOf', 'c:d/a'],
        ['g:d/g', 'g:d/g', 'childOf', 'g:d/h'],
        ...many.map((ref): [string, string, string, string] => [
          ref,
          ref,
          'dependsOn',
          'c:d/a',
        ]),
      ]);
      const read = (entityRefs: string[]) =>
        readRelations({ knex, entityRefs });

      const edges = await read(['c:d/a', 'c:d/b', 'g:d/g', 'x']);
      expect([...edges.keys()].sort()).toEqual(['c:d/a', 'g:d/g']);
      expect(edges.get('g:d/g')).toEqual([
        { type: 'childOf', target: 'g:d/h' },
      ]);
      expect(edges.get('c:d/a')).toHaveLength(2);
      expect(edges.get('c:d/a')).toEqual(
        expect.arrayContaining([
          { type: 'dependsOn', target: 'c:d/b' },
          { type: 'partOf', target: 's:d/s' },
        ]),
      );
      await expect(read(many)).resolves.toHaveProperty('size', many.length);
      await expect(read([])).resolves.toEqual(new Map());
    },
  );
});

describe('findByAnnotation', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  it.each(databases.eachSupportedId())(
    'gives the entities that have a value, none where nobody has it, and all where several have, %p',
    async databaseId => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest({ directory: CATALOG_MIGRATIONS });
      const annotation = 'github.com/project-slug';
      const key = `metadata.annotations.${annotation}`;
      const rows = [
        ['a', key, 'acme/a'],
        ['b', key, 'acme/both'],
        ['c', key, 'acme/both'],
        ['d', 'metadata.annotations.gitlab.com/project-slug', 'acme/a'],
        ...Array.from({ length: 1200 }, (_, i) => [`n${i}`, key, `acme/n${i}`]),
      ];
      await writeStates(
        knex,
        rows.map(([name]) => name),
        name => `component:default/${name}`,
      );
      // The catalog's rows of a search belong to final entities.
      await knex.batchInsert(
        'final_entities',
        rows.map(([name]) => ({
          entity_id: name,
          entity_ref: `component:default/${name}`,
          hash: '',
        })),
        50,
      );
      await knex.batchInsert(
        'search',
        rows.map(([entity_id, each, value]) => ({
          entity_id,
          key: each,
          value,
        })),
        50,
      );
      const values = ['acme/a', 'acme/both', 'acme/none'];

      expect(await findByAnnotation({ knex, annotation, values })).toEqual(
        new Map([
          ['acme/a', ['component:default/a']],
          ['acme/both', ['component:default/b', 'component:default/c']],
        ]),
      );
      const many = rows.slice(4).map(([, , value]) => value);
      expect(
        await findByAnnotation({ knex, annotation, values: many }),
      ).toHaveProperty('size', many.length);
    },
  );
});
