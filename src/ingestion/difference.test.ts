import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { createTables } from '../database/__testUtils__/createTables';
import type { RecordMapper } from '../mapping/RecordMapper';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  mapper,
  service,
} from './__testUtils__/fakes';

const MINUTE = 60_000;
const A = 'component:default/a';
const signal = new AbortController().signal;

describe('tables that differ from the catalog or the configuration', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let source: FakeSource;
    let catalog: FakeCatalog;
    let clock: FakeClock;
    let maps: number;
    let logger: ReturnType<typeof mockServices.logger.mock>;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      source = new FakeSource();
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
      maps = 0;
      logger = mockServices.logger.mock();
    });

    /** A replica whose mapping names that owner, or the record's. */
    function start(owner?: string, settings: Partial<SourceSettings> = {}) {
      const map: RecordMapper['map'] = (record, id) => {
        maps++;
        return mapper.map(owner ? { ...record, owner } : record, id);
      };
      const sync = connectSync({
        knex,
        catalog,
        clock,
        settings: { when: owner, ...settings },
        source,
        logger,
        mapper: { ...mapper, map },
      });
      const run = (...records: JsonObject[]) => {
        clock.advance(MINUTE);
        source.answer = records;
        return sync.poll({ kind: 'poll', signal });
      };
      const poll = (kind: 'poll' | 'reconcile') => sync.poll({ kind, signal });
      const single = (recordId: string) =>
        sync.syncRecord({ recordId, signal });
      return { run, poll, single };
    }

    const ownerOf = (ref: string) => catalog.entities.get(ref)?.spec?.owner;
    const problems = () =>
      knex('custom_data_problems').select('code', 'entity_ref');

    it('maps a record again that a replica with another configuration synced', async () => {
      const old = start('old');
      source.records.set('a', service('a'));
      await old.run(service('a'));
      await start('new').single('a');
      expect(ownerOf(A)).toBe('new');

      await old.run(service('a'));
      expect(ownerOf(A)).toBe('old');
    });

    it('maps again what an incomplete list under another configuration mapped', async () => {
      const old = start('old');
      await old.run(service('a'), service('b'));
      await start('new').run(service('a'), {});
      expect(ownerOf(A)).toBe('new');

      await old.run(service('a'), service('b'));
      expect(ownerOf(A)).toBe('old');
      expect(ownerOf('component:default/b')).toBe('old');
    });

    it('maps a record once although another record of the list never has an id', async () => {
      const { run } = start();
      await run(service('a'), {});
      await run(service('a'), {});
      await run(service('a'), {});

      expect(maps).toBe(1);
    });

    it('applies again what the catalog has lost', async () => {
      const { run } = start();
      await run(service('a'), service('b'));
      await catalog.lose(A);
      await run(service('a'), service('b'));

      expect(catalog.names()).toEqual(['a', 'b']);
    });

    /** The last run's outcome and counts. */
    const lastRun = async () => {
      const [run] = await knex('custom_data_runs').orderBy(
        'started_at',
        'desc',
      );
      return { outcome: run.outcome, ...JSON.parse(run.counts) };
    };

    it.each([
      ['the list answers 304', '"1"'],
      ['the list is read', undefined],
    ])(
      'gives a deleted entity again at the next poll, and says so, where %s',
      async (_, etag) => {
        const { run } = start();
        source.etag = etag;
        await run(service('a'), service('b'), service('c'));
        await catalog.lose(A);
        await catalog.lose('component:default/b');
        const { length } = catalog.mutations;
        await run(service('a'), service('b'), service('c'));

        expect(catalog.names()).toEqual(['a', 'b', 'c']);
        expect(await lastRun()).toMatchObject({
          outcome: 'applied',
          changed: 0,
          restored: 2,
        });
        expect(logger.info.mock.calls.at(-1)![0]).toMatch(
          /^Synced source "registry".*, 2 given again that had been deleted in the catalog$/,
        );
        expect(catalog.mutations).toHaveLength(length + 1);

        await run(service('a'), service('b'), service('c'));
        expect(catalog.mutations).toHaveLength(length + 1);
      },
    );

    it('gives a deleted entity again when its record is synced', async () => {
      const { run, single } = start();
      source.records.set('a', service('a'));
      await run(service('a'), service('b'));
      await catalog.lose(A);
      clock.advance(MINUTE);
      await single('a');

      expect(catalog.names()).toEqual(['a', 'b']);
      expect(await lastRun()).toMatchObject({ restored: 1 });
    });

    it('reports what somebody else took although the list answers 304, until it is let go', async () => {
      const { run } = start();
      source.etag = '"1"';
      await run(service('a'), service('b'));
      await catalog.lose(A);
      await catalog.give(A, 'url:https://git.example.com/a');
      await run();
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);

      await catalog.lose(A);
      await run();
      expect(catalog.names()).toEqual(['a', 'b']);
      expect(await problems()).toEqual([]);
    });

    it('does not take for applied what the catalog does not store, and gives it again with the next run', async () => {
      const { run } = start();
      source.etag = '"1"';
      const list = (owner: string) =>
        ['a', 'b', 'c'].map(id => service(id, owner));
      await run(...list('old'));
      catalog.refused.add(A);
      source.etag = '"2"';
      await run(...list('new'));

      expect(ownerOf('component:default/b')).toBe('new');
      expect(ownerOf('component:default/c')).toBe('new');
      expect(ownerOf(A)).toBe('old');
      expect(await lastRun()).toMatchObject({ changed: 2, invalid: 1 });
      expect(await problems()).toEqual([{ code: 'not-stored', entity_ref: A }]);

      catalog.refused.clear();
      await run(...list('new'));
      expect(ownerOf(A)).toBe('new');
      expect(await lastRun()).toMatchObject({ changed: 1, invalid: 0 });
      expect(await problems()).toEqual([]);
    });

    it.each([
      ['the list answers 304', '"1"'],
      ['the list is read', undefined],
    ])(
      'finds at a start what the catalog does not store of an entity that has not changed, where %s',
      async (_, etag) => {
        source.etag = etag;
        const list = [service('a'), service('b')];
        await start().run(...list);
        await knex('refresh_state')
          .where({ entity_ref: A })
          .update({ unprocessed_hash: 'old', unprocessed_entity: '{}' });
        catalog.refused.add(A);
        await start().run(...list);
        expect(await problems()).toEqual([
          { code: 'not-stored', entity_ref: A },
        ]);

        catalog.refused.clear();
        await start().run(...list);
        expect(await problems()).toEqual([]);
        expect(
          await knex('refresh_state').where({ unprocessed_hash: 'old' }),
        ).toEqual([]);
      },
    );

    it('takes an entity for stored that a catalog keeps under another kind of hash', async () => {
      const { run } = start();
      const apply = catalog.applyMutation.bind(catalog);
      catalog.applyMutation = async mutation => {
        await apply(mutation);
        await knex('refresh_state').update({ unprocessed_hash: 'other' });
      };
      await run(service('a'), service('b'));
      await run(service('a', 'new'), service('b'));

      expect(await problems()).toEqual([]);
      expect(catalog.mutations).toHaveLength(2);
    });

    it('reports a ref that somebody else has by now, and no longer applies it', async () => {
      const { run } = start();
      await run(service('a'), service('b'));
      await catalog.lose(A);
      await catalog.give(A, 'url:https://git.example.com/a');
      const { length } = catalog.mutations;
      await run(service('a'), service('b'));
      await run(service('a'), service('b'));

      expect(catalog.mutations).toHaveLength(length);
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);
    });

    async function loseToSomebody() {
      await catalog.lose(A);
      await catalog.give(A, 'url:https://git.example.com/a');
    }

    /** The names that the catalog was given, each time. */
    const given = () =>
      catalog.mutations.flatMap(m =>
        m.type === 'delta' ? m.added.map(d => d.entity.metadata.name) : [],
      );

    it.each(['list', 'record'])(
      'does not take a change for applied of what somebody else has by now, in a run over a %s',
      async kind => {
        const { run, single } = start();
        const changed = [service('a', 'new'), service('b')];
        source.records.set('a', changed[0]);
        await run(service('a'), service('b'));
        await loseToSomebody();
        clock.advance(MINUTE);
        await (kind === 'list' ? run(...changed) : single('a'));

        expect(given()).toEqual(['a', 'b']);
        expect(await lastRun()).toMatchObject({
          outcome: 'unchanged',
          changed: 0,
          invalid: 1,
        });
        expect(await problems()).toEqual([
          { code: 'ref-taken', entity_ref: A },
        ]);

        await catalog.lose(A);
        await run(...changed);
        expect(ownerOf(A)).toBe('new');
        expect(await problems()).toEqual([]);
      },
    );

    it.each([
      ['poll', 'the list answers 304', '"1"'],
      ['poll', 'the list is read', undefined],
      ['reconcile', 'the list is read', '"1"'],
    ] as const)(
      'neither gives again what somebody else has by now nor forgets what it knows of that, in the first %s after a restart where %s',
      async (kind, _, etag) => {
        source.etag = etag;
        const list = [service('a'), service('b')];
        await start().run(...list);
        await loseToSomebody();
        await start().run(...list);
        const known = await knex('custom_data_problems');
        expect(known).toMatchObject([{ code: 'ref-taken', entity_ref: A }]);
        const again = start();
        await again.run(...list);
        clock.advance(MINUTE);
        await again.poll(kind);

        expect(given().filter(name => name === 'a')).toEqual(['a']);
        expect(await knex('custom_data_problems')).toEqual(known);
        maps = 0;
        await again.run(...list);
        expect(maps).toBe(0);
        expect(await lastRun()).toMatchObject({ outcome: 'unchanged' });
        expect(source.asked.at(-1)).toEqual(etag && { etag });
      },
    );

    it('says for a single record that somebody takes its deleted entity first, and reads the next list', async () => {
      const { run, single } = start();
      source.etag = '"1"';
      source.records.set('a', service('a'));
      await run(service('a'), service('b'));
      await catalog.lose(A);
      const apply = catalog.applyMutation.bind(catalog);
      jest
        .spyOn(catalog, 'applyMutation')
        .mockImplementationOnce(async mutation => {
          await catalog.give(A, 'url:https://git.example.com/a');
          await apply(mutation);
        });
      clock.advance(MINUTE);
      await single('a');
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);

      await catalog.lose(A);
      await run(service('a'), service('b'));
      expect(source.asked.at(-1)).toBeUndefined();
      expect(catalog.names()).toEqual(['a', 'b']);
      expect(await problems()).toEqual([]);
    });

    it('applies thousands of orphans again', async () => {
      const many = Array.from({ length: 3000 }, (_, i) => service(`s${i}`));
      await start().run(...many);
      for (const table of ['records', 'contributions', 'entities']) {
        await knex(`custom_data_${table}`).delete();
      }
      await start().run(...many);

      expect(catalog.names()).toHaveLength(3000);
      await expect(problems()).resolves.toEqual([]);
    });

    it('ends with its signal although the source does not', async () => {
      const stop = new AbortController();
      source.list = () => {
        stop.abort(new Error('time is up'));
        return new Promise(() => undefined);
      };
      const sync = connectSync({ knex, catalog, clock, source });

      await expect(
        sync.poll({ kind: 'poll', signal: stop.signal }),
      ).rejects.toThrow('time is up');
      await expect(knex('custom_data_runs').pluck('outcome')).resolves.toEqual([
        'abandoned',
      ]);
    });

    it('takes over from a run of a version without leases', async () => {
      await knex('custom_data_runs').insert({
        run_id: 'old',
        source: 'registry',
        kind: 'poll',
        started_at: clock.now().toISOString(),
        outcome: 'running',
      });
      await start().run(service('a'));

      expect(catalog.names()).toEqual(['a']);
    });
  });
});
