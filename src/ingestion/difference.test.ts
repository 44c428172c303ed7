import type { JsonObject } from '@backstage/types';
import type { RecordMapper } from '../mapping/RecordMapper';
import { describeSource } from './__testUtils__/describeSource';
import { mapper, service, services } from './__testUtils__/fakes';

const A = 'component:default/a';

describeSource(
  'tables that differ from the catalog or the configuration',
  world => {
    const { lastRun, ownerOf } = world;
    let maps: number;

    beforeEach(() => {
      maps = 0;
    });

    /** A replica whose mapping names that owner, or the record's. */
    function start(owner?: string) {
      const map: RecordMapper['map'] = (record, id) => {
        maps++;
        return mapper.map(owner ? { ...record, owner } : record, id);
      };
      const sync = world.start({ when: owner }, { mapper: { ...mapper, map } });
      return {
        sync,
        run: (...records: JsonObject[]) => world.poll(sync, records),
        single: (record: JsonObject) => world.syncRecord(sync, record),
      };
    }

    const problems = () =>
      world.knex('custom_data_problems').select('code', 'entity_ref');
    /** Somebody else has the entity that the catalog has of us. */
    async function loseToSomebody() {
      await world.catalog.lose(A);
      await world.catalog.give(A, 'url:https://git.example.com/a');
    }

    it('maps a record again that a replica with another configuration synced', async () => {
      const old = start('old');
      await old.run(service('a'));
      await start('new').single(service('a'));
      expect(ownerOf('a')).toBe('new');

      await old.run(service('a'));
      expect(ownerOf('a')).toBe('old');
    });

    it('maps again what an incomplete list under another configuration mapped', async () => {
      const old = start('old');
      await old.run(service('a'), service('b'));
      await start('new').run(service('a'), {});
      expect(ownerOf('a')).toBe('new');

      await old.run(service('a'), service('b'));
      expect(ownerOf('a')).toBe('old');
      expect(ownerOf('b')).toBe('old');
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
      await world.catalog.lose(A);
      await run(service('a'), service('b'));

      expect(world.catalog.names()).toEqual(['a', 'b']);
    });

    it.each([
      ['the list answers 304', '"1"'],
      ['the list is read', undefined],
    ])(
      'gives a deleted entity again at the next poll, and says so, where %s',
      async (_, etag) => {
        const { run } = start();
        world.source.etag = etag;
        await run(service('a'), service('b'), service('c'));
        await world.catalog.lose(A);
        await world.catalog.lose('component:default/b');
        const { length } = world.catalog.mutations;
        await run(service('a'), service('b'), service('c'));

        expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
        expect(await lastRun()).toMatchObject({
          outcome: 'applied',
          counts: { changed: 0, restored: 2 },
        });
        expect(world.logger.info.mock.calls.at(-1)![0]).toMatch(
          /^Synced source "registry".*, 2 given again that had been deleted in the catalog$/,
        );
        expect(world.catalog.mutations).toHaveLength(length + 1);

        await run(service('a'), service('b'), service('c'));
        expect(world.catalog.mutations).toHaveLength(length + 1);
      },
    );

    it('gives a deleted entity again when its record is synced', async () => {
      const { run, single } = start();
      await run(service('a'), service('b'));
      await world.catalog.lose(A);
      await single(service('a'));

      expect(world.catalog.names()).toEqual(['a', 'b']);
      expect(await lastRun()).toMatchObject({ counts: { restored: 1 } });
    });

    it('reports what somebody else took although the list answers 304, until it is let go', async () => {
      const { run } = start();
      world.source.etag = '"1"';
      await run(service('a'), service('b'));
      await loseToSomebody();
      await run();
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);

      await world.catalog.lose(A);
      await run();
      expect(world.catalog.names()).toEqual(['a', 'b']);
      expect(await problems()).toEqual([]);
    });

    /** Has the catalog keep an old version of A, and refuse a newer one. */
    async function makeStale() {
      await world
        .knex('refresh_state')
        .where({ entity_ref: A })
        .update({ unprocessed_hash: 'old', unprocessed_entity: '{}' });
      world.catalog.refused.add(A);
    }

    it('does not take for applied what the catalog does not store, and gives it again with the next run', async () => {
      const { run } = start();
      world.source.etag = '"1"';
      const list = (owner: string) =>
        ['a', 'b', 'c'].map(id => service(id, owner));
      await run(...list('old'));
      world.catalog.refused.add(A);
      world.source.etag = '"2"';
      await run(...list('new'));

      expect(ownerOf('b')).toBe('new');
      expect(ownerOf('c')).toBe('new');
      expect(ownerOf('a')).toBe('old');
      expect(await lastRun()).toMatchObject({
        counts: { changed: 2, invalid: 1 },
      });
      expect(await problems()).toEqual([{ code: 'not-stored', entity_ref: A }]);

      world.catalog.refused.clear();
      await run(...list('new'));
      expect(ownerOf('a')).toBe('new');
      expect(await lastRun()).toMatchObject({
        counts: { changed: 1, invalid: 0 },
      });
      expect(await problems()).toEqual([]);
    });

    it.each([
      ['the list answers 304', '"1"'],
      ['the list is read', undefined],
    ])(
      'finds at a start what the catalog does not store of an entity that has not changed, where %s',
      async (_, etag) => {
        world.source.etag = etag;
        const list = [service('a'), service('b')];
        await start().run(...list);
        await makeStale();
        await start().run(...list);
        expect(await problems()).toEqual([
          { code: 'not-stored', entity_ref: A },
        ]);

        world.catalog.refused.clear();
        await start().run(...list);
        expect(await problems()).toEqual([]);
        expect(
          await world.knex('refresh_state').where({ unprocessed_hash: 'old' }),
        ).toEqual([]);
      },
    );

    it('gives only that entity again while the catalog does not store it', async () => {
      const list = [service('a'), service('b'), service('c')];
      await start().run(...list);
      await makeStale();
      const { run } = start();
      await run(...list);
      expect(await problems()).toEqual([{ code: 'not-stored', entity_ref: A }]);

      const { length } = world.catalog.mutations;
      await run(...list);
      const given = world.catalog.mutations
        .slice(length)
        .flatMap(mutation => ('added' in mutation ? mutation.added : []))
        .map(({ entity }) => entity.metadata.name);
      expect(new Set(given)).toEqual(new Set(['a']));
    });

    it('takes an entity for stored that a catalog keeps under another kind of hash', async () => {
      const { run } = start();
      const apply = world.catalog.applyMutation.bind(world.catalog);
      world.catalog.applyMutation = async mutation => {
        await apply(mutation);
        await world.knex('refresh_state').update({ unprocessed_hash: 'other' });
      };
      await run(service('a'), service('b'));
      await run(service('a', 'new'), service('b'));

      expect(await problems()).toEqual([]);
      expect(world.catalog.mutations).toHaveLength(2);
    });

    it('reports a ref that somebody else has by now, and no longer applies it', async () => {
      const { run } = start();
      await run(service('a'), service('b'));
      await loseToSomebody();
      const { length } = world.catalog.mutations;
      await run(service('a'), service('b'));
      await run(service('a'), service('b'));

      expect(world.catalog.mutations).toHaveLength(length);
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);
    });

    /** The names that the catalog was given, each time. */
    const given = () =>
      world.catalog.mutations.flatMap(m =>
        m.type === 'delta' ? m.added.map(d => d.entity.metadata.name) : [],
      );

    it.each(['list', 'record'])(
      'does not take a change for applied of what somebody else has by now, in a run over a %s',
      async kind => {
        const { run, single } = start();
        const changed = [service('a', 'new'), service('b')];
        await run(service('a'), service('b'));
        await loseToSomebody();
        await (kind === 'list' ? run(...changed) : single(changed[0]));

        expect(given()).toEqual(['a', 'b']);
        expect(await lastRun()).toMatchObject({
          outcome: 'unchanged',
          counts: { changed: 0, invalid: 1 },
        });
        expect(await problems()).toEqual([
          { code: 'ref-taken', entity_ref: A },
        ]);

        await world.catalog.lose(A);
        await run(...changed);
        expect(ownerOf('a')).toBe('new');
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
        world.source.etag = etag;
        const list = [service('a'), service('b')];
        await start().run(...list);
        await loseToSomebody();
        await start().run(...list);
        const known = await world.knex('custom_data_problems');
        expect(known).toMatchObject([{ code: 'ref-taken', entity_ref: A }]);
        const again = start();
        await again.run(...list);
        await world[kind](again.sync);

        expect(given().filter(name => name === 'a')).toEqual(['a']);
        expect(await world.knex('custom_data_problems')).toEqual(known);
        maps = 0;
        await again.run(...list);
        expect(maps).toBe(0);
        expect(await lastRun()).toMatchObject({ outcome: 'unchanged' });
        expect(world.source.asked.at(-1)).toEqual(etag && { etag });
      },
    );

    it('says for a single record that somebody takes its deleted entity first, and reads the next list', async () => {
      const { run, single } = start();
      world.source.etag = '"1"';
      await run(service('a'), service('b'));
      await world.catalog.lose(A);
      world.catalog.beforeNext = () =>
        world.catalog.give(A, 'url:https://git.example.com/a');
      await single(service('a'));
      expect(await problems()).toEqual([{ code: 'ref-taken', entity_ref: A }]);

      await world.catalog.lose(A);
      await run(service('a'), service('b'));
      expect(world.source.asked.at(-1)).toBeUndefined();
      expect(world.catalog.names()).toEqual(['a', 'b']);
      expect(await problems()).toEqual([]);
    });

    it('applies thousands of orphans again', async () => {
      const many = services(3000);
      await start().run(...many);
      for (const table of ['records', 'contributions', 'entities']) {
        await world.knex(`custom_data_${table}`).delete();
      }
      await start().run(...many);

      expect(world.catalog.names()).toHaveLength(3000);
      await expect(problems()).resolves.toEqual([]);
    });

    it('ends with its signal although the source does not', async () => {
      const stop = new AbortController();
      world.source.list = () => {
        stop.abort(new Error('time is up'));
        return new Promise(() => undefined);
      };

      await expect(
        world.start().poll({ kind: 'poll', signal: stop.signal }),
      ).rejects.toThrow('time is up');
      await expect(
        world.knex('custom_data_runs').pluck('outcome'),
      ).resolves.toEqual(['abandoned']);
    });

    it('takes over from a run of a version without leases', async () => {
      await world.knex('custom_data_runs').insert({
        run_id: 'old',
        source: 'registry',
        kind: 'poll',
        started_at: world.clock.now().toISOString(),
        outcome: 'running',
      });
      await start().run(service('a'));

      expect(world.catalog.names()).toEqual(['a']);
    });
  },
);
