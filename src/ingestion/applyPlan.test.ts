import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { createTables } from '../database/__testUtils__/createTables';
import type { SourceSync } from './SourceSync';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
} from './__testUtils__/fakes';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const NEW_REF = 'component:default/new';
const RENAMED: JsonObject = { ...service('a'), name: 'new' };

describe('a rename whose new ref somebody takes right before the mutation', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let source: FakeSource;
    let catalog: FakeCatalog;
    let clock: FakeClock;

    const start = () => connectSync({ knex, catalog, clock, source });

    async function poll(sync: SourceSync, kind: 'poll' | 'reconcile' = 'poll') {
      clock.advance(MINUTE);
      await sync.poll({ kind, signal });
    }

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      source = new FakeSource();
      catalog = new FakeCatalog();
      clock = new FakeClock();
      source.answer = [service('a'), service('b')];
      await poll(start());
    });

    function takeFirst() {
      const apply = catalog.applyMutation.bind(catalog);
      jest
        .spyOn(catalog, 'applyMutation')
        .mockImplementationOnce(async mutation => {
          catalog.foreign.set(NEW_REF, 'home-made:default');
          await apply(mutation);
        });
    }

    const runs: Array<[string, () => Promise<unknown>]> = [
      ['a poll', () => poll(start())],
      ['a reconcile', () => poll(start(), 'reconcile')],
      ['a single record', () => start().syncRecord({ recordId: 'a', signal })],
    ];

    it.each(runs)('leaves the entity its old name, in %s', async (_, run) => {
      source.answer = [RENAMED, service('b')];
      source.records.set('a', RENAMED);
      takeFirst();
      await run();

      expect(catalog.names()).toEqual(['a', 'b']);
      await expect(
        knex('custom_data_problems').select('code', 'entity_ref'),
      ).resolves.toEqual([{ code: 'ref-taken', entity_ref: NEW_REF }]);
      await expect(
        knex('custom_data_entities').orderBy('entity_ref').pluck('entity_ref'),
      ).resolves.toEqual(['component:default/a', 'component:default/b']);

      catalog.foreign.clear();
      await poll(start());
      expect(catalog.names()).toEqual(['b', 'new']);
      await expect(knex('custom_data_problems')).resolves.toEqual([]);
    });
  });
});
