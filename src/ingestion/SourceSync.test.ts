import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { createTables } from '../database/__testUtils__/createTables';
import {
  CLOSING_A_RUN,
  failStatements,
} from '../database/__testUtils__/failStatements';
import { RetryLaterError, SourceError } from '../lib/errors';
import { SourceSync } from './SourceSync';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
  settingsOf,
} from './__testUtils__/fakes';
import { setSourcePaused } from './database/planDecisions';
import { beginRun, postponeSource, readSourceState } from './database/runs';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const TABLES = [
  'custom_data_sources',
  'custom_data_records',
  'custom_data_contributions',
  'custom_data_entities',
];

describe('SourceSync', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let source: FakeSource;
    let catalog: FakeCatalog;
    let clock: FakeClock;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      source = new FakeSource();
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
    });

    /** A process of its own, as after a restart or on another replica. */
    function start(settings: Partial<SourceSettings> = {}) {
      return connectSync({ knex, catalog, clock, settings, source });
    }

    const poll = (sync: SourceSync) => sync.poll({ kind: 'poll', signal });
    const runs = () =>
      knex('custom_data_runs').orderBy('started_at').select('*');
    const lastRun = async () => (await runs()).at(-1);
    const problems = async () =>
      JSON.stringify(await knex('custom_data_problems'));
    const contentOf = async () =>
      JSON.stringify(
        await Promise.all(TABLES.map(table => knex(table).select('*'))),
      );

    it('applies everything first, then only what changed', async () => {
      const sync = start();
      source.answer = [service('a'), service('b')];
      await poll(sync);
      clock.advance(MINUTE);
      source.answer = [service('a'), service('b', 'other'), service('c')];
      await poll(sync);

      expect(catalog.mutations).toEqual([
        expect.objectContaining({
          type: 'delta',
          added: [expect.anything(), expect.anything()],
          removed: [],
        }),
        expect.objectContaining({
          type: 'delta',
          added: [
            expect.objectContaining({ locationKey: 'custom-data-registry' }),
            expect.anything(),
          ],
          removed: [],
        }),
      ]);
      expect(catalog.names()).toEqual(['a', 'b', 'c']);
      expect(catalog.entities.get('component:default/b')).toMatchObject({
        metadata: {
          annotations: {
            'backstage.io/managed-by-location': 'custom-data:registry/b',
            'backstage.io/managed-by-origin-location': 'custom-data:registry/b',
          },
        },
        spec: { owner: 'other' },
      });
      expect(JSON.parse((await lastRun()).counts)).toMatchObject({
        records: 3,
        added: 1,
        changed: 1,
      });
    });

    it('writes nothing but the run where nothing changed', async () => {
      const sync = start();
      source.answer = [service('a')];
      await poll(sync);
      const before = await contentOf();
      clock.advance(MINUTE);

      await poll(sync);

      expect(catalog.mutations).toHaveLength(1);
      expect(await contentOf()).toBe(before);
      expect(await lastRun()).toMatchObject({
        kind: 'poll',
        outcome: 'unchanged',
      });
    });

    it('applies nothing after a 304, but all that it knows after a restart', async () => {
      source.answer = [service('a')];
      source.etag = '"1"';
      await poll(start());
      const restarted = start();
      catalog.entities.clear();
      await poll(restarted);
      await poll(restarted);

      expect(source.asked).toEqual([
        undefined,
        { etag: '"1"' },
        { etag: '"1"' },
      ]);
      expect(catalog.names()).toEqual(['a']);
      expect(catalog.mutations).toHaveLength(2);
    });

    it('asks without validators where the mapping changed', async () => {
      source.answer = [service('a')];
      source.etag = '"1"';
      await poll(start());
      await poll(start({ entity: [{ changed: true }] }));

      expect(source.asked).toEqual([undefined, undefined]);
    });

    it('reconciles with the whole list, without validators', async () => {
      const sync = start();
      source.answer = [service('a')];
      source.etag = '"1"';
      await poll(sync);

      await sync.poll({ kind: 'reconcile', signal });

      expect(source.asked).toEqual([undefined, undefined]);
      expect(catalog.mutations).toHaveLength(2);
    });

    it('fails, backs off, and is due again when the back-off ends', async () => {
      const sync = start();
      source.answer = new SourceError('HTTP 500', { code: 'status' });

      await expect(poll(sync)).rejects.toThrow('HTTP 500');
      expect(await lastRun()).toMatchObject({
        outcome: 'failed',
        error: expect.stringContaining('HTTP 500'),
      });
      await poll(sync);
      expect(source.asked).toHaveLength(1);
      await expect(start().due()).resolves.toBeUndefined();

      clock.advance(MINUTE);
      await expect(start().due()).resolves.toBe('retry');
      await expect(poll(sync)).rejects.toThrow('HTTP 500');
      clock.advance(MINUTE);
      await expect(start().due()).resolves.toBeUndefined();
      clock.advance(MINUTE);
      await expect(start().due()).resolves.toBe('retry');

      source.answer = [service('a')];
      await poll(sync);
      await expect(sync.due()).resolves.toBeUndefined();
      expect(catalog.names()).toEqual(['a']);
    });

    it('leaves the API alone as long as it asks for', async () => {
      const sync = start();
      source.answer = new SourceError('HTTP 429', {
        code: 'status',
        retryAfterMs: 10 * MINUTE,
      });
      await expect(poll(sync)).rejects.toThrow('HTTP 429');

      clock.advance(9 * MINUTE);
      await expect(sync.due()).resolves.toBeUndefined();
      clock.advance(MINUTE);
      await expect(sync.due()).resolves.toBe('retry');
    });

    it('has one run over the list begin for all who asked for it before', async () => {
      const sync = start();
      await poll(sync);
      clock.advance(1000);
      await sync.requestList();
      await sync.requestList();
      await expect(sync.due()).resolves.toBe('manual');
      await poll(sync);
      await expect(sync.due()).resolves.toBeUndefined();
    });

    it('promises no list while the source is paused or backs off', async () => {
      await expect(start({ paused: true }).requestList()).rejects.toThrow(
        'Source "registry" is paused by its key "paused" in the configuration',
      );
      await setSourcePaused({
        knex,
        source: 'registry',
        paused: { by: 'user:default/guest', at: clock.now() },
      });
      await expect(start().requestList()).rejects.toThrow(
        'Source "registry" is paused; POST /api/catalog/custom-data/sources/registry/resume ends that',
      );
      await setSourcePaused({ knex, source: 'registry', paused: undefined });

      const retryAt = new Date(clock.now().getTime() + MINUTE);
      await postponeSource({ knex, source: 'registry', retryAt });
      await expect(start().requestList()).rejects.toMatchObject({ retryAt });
      clock.advance(MINUTE);
      await expect(start().requestList()).resolves.toBeUndefined();
    });

    it('begins runs of a source with "trigger: manual" only after a failure', async () => {
      const { timeout } = settingsOf().schedule;
      const frequency = { trigger: 'manual' as const };
      const sync = start({ schedule: { frequency, timeout } });
      await expect(sync.due()).resolves.toBeUndefined();

      source.answer = new SourceError('HTTP 500', { code: 'status' });
      await expect(poll(sync)).rejects.toThrow('HTTP 500');
      clock.advance(MINUTE);
      await expect(sync.due()).resolves.toBe('retry');
    });

    it('removes nothing because of an empty answer, and says why', async () => {
      const sync = start();
      source.answer = [service('a')];
      await poll(sync);
      clock.advance(MINUTE);
      source.answer = [];
      source.etag = '"empty"';
      await poll(sync);

      expect(catalog.names()).toEqual(['a']);
      expect((await lastRun()).held).toContain('empty list');

      // The same answer is evaluated again rather than skipped as not modified.
      clock.advance(MINUTE);
      await poll(sync);
      expect((await lastRun()).held).toContain('empty list');
    });

    it.each(['listed', 'not-modified'])(
      'counts a list whose answer (%s) asks to wait, and leaves the source alone until then',
      async type => {
        const sync = start();
        source.answer = [service('a')];
        source.etag = 'v1';
        if (type === 'not-modified') {
          await poll(sync);
        }
        source.retryAt = new Date(clock.now().getTime() + 5 * MINUTE);
        await poll(sync);

        expect(catalog.names()).toEqual(['a']);
        await expect(
          readSourceState({ knex, source: 'registry' }),
        ).resolves.toMatchObject({ failures: 0, retryAt: source.retryAt });
        const asked = source.asked.length;
        clock.advance(MINUTE);
        await poll(sync);
        await expect(sync.due()).resolves.toBeUndefined();
        expect(source.asked).toHaveLength(asked);

        clock.advance(4 * MINUTE);
        await expect(sync.due()).resolves.toBe('retry');
        source.retryAt = undefined;
        await poll(sync);
        const { retryAt } = await readSourceState({ knex, source: 'registry' });
        expect(retryAt).toBeUndefined();
      },
    );

    it('is not polled more often because its answers ask for short waits', async () => {
      const sync = start();
      source.retryAt = new Date(clock.now().getTime() + 1000);
      await poll(sync);
      clock.advance(1000);

      await expect(sync.due()).resolves.toBeUndefined();
    });

    it('removes nothing while one record cannot be identified', async () => {
      const sync = start();
      source.answer = [service('a'), service('b')];
      await poll(sync);
      clock.advance(MINUTE);
      source.answer = [service('a', 'other'), { owner: 'nobody' }];
      await poll(sync);

      expect(catalog.names()).toEqual(['a', 'b']);
      expect(catalog.entities.get('component:default/a')?.spec).toMatchObject({
        owner: 'other',
      });
      expect((await lastRun()).held).toContain('cannot be identified');
      expect(await problems()).toContain('record-without-id');
    });

    it('keeps a record that became unreadable, and reports it', async () => {
      const sync = start();
      source.answer = [service('a'), service('b')];
      await poll(sync);
      clock.advance(MINUTE);
      source.answer = [{ id: 'a', broken: true }, service('b')];
      await poll(sync);
      clock.advance(MINUTE);
      await poll(sync);

      expect(catalog.names()).toEqual(['a', 'b']);
      expect(JSON.parse((await lastRun()).counts)).toMatchObject({
        invalid: 1,
        removed: 0,
      });
    });

    it('takes neither of two records with one id', async () => {
      source.answer = [service('a'), service('a', 'other'), service('b')];
      await poll(start());

      expect(catalog.names()).toEqual(['b']);
      expect(await problems()).toContain('record-id-twice');
    });

    it('leaves an entity of another location alone', async () => {
      await catalog.give(
        'component:default/a',
        'url:https://git.example.com/a.yaml',
      );
      source.answer = [service('a'), service('b')];
      await poll(start());

      expect(catalog.names()).toEqual(['b']);
      expect(await problems()).toContain('git.example.com');
    });

    it('leaves an entity of another source alone', async () => {
      source.answer = [service('a')];
      await poll(start({ name: 'first' }));
      await poll(start({ name: 'second' }));

      expect(await knex('custom_data_entities').select('source')).toEqual([
        { source: 'first' },
      ]);
      expect(await problems()).toContain('first');
    });

    it('repeats what a crash cut off between catalog and tables', async () => {
      const sync = start();
      source.answer = [service('a')];
      source.etag = '"1"';
      await poll(sync);
      clock.advance(MINUTE);
      source.answer = [service('b')];
      source.etag = '"2"';
      const repair = failStatements(knex, CLOSING_A_RUN);
      await expect(poll(start())).rejects.toThrow('The database failed');
      repair();
      clock.advance(MINUTE);

      await poll(start());

      expect(catalog.names()).toEqual(['b']);
      expect((await runs()).map(run => run.outcome)).toEqual([
        'applied',
        'abandoned',
        'applied',
      ]);
    });

    it('guards entities that only the catalog knows', async () => {
      source.answer = Array.from({ length: 40 }, (_, i) => service(`s${i}`));
      await poll(start());
      // As after a first run that died before it was written down.
      for (const table of TABLES) {
        await knex(table).delete();
      }

      source.answer = [];
      const sync = start();
      await poll(sync);
      expect(catalog.names()).toHaveLength(40);
      expect((await lastRun()).held).toContain('would remove 40 entities');

      clock.advance(MINUTE);
      source.answer = Array.from({ length: 20 }, (_, i) => service(`s${i}`));
      await poll(sync);
      expect(catalog.names()).toHaveLength(40);
      expect((await lastRun()).held).toContain('20 of 40 entities');

      clock.advance(MINUTE);
      source.answer = Array.from({ length: 38 }, (_, i) => service(`s${i}`));
      await sync.poll({ kind: 'reconcile', signal });
      expect(catalog.names()).toHaveLength(38);
    });

    it('notices that somebody else took a ref at the same moment', async () => {
      source.answer = [service('a'), service('b')];
      const apply = catalog.applyMutation.bind(catalog);
      catalog.applyMutation = async mutation => {
        await catalog.give('component:default/a', 'custom-data-other');
        await apply(mutation);
      };
      const sync = start();
      await poll(sync);

      expect(await problems()).toContain('custom-data-other');
      expect(await knex('custom_data_entities').select('entity_ref')).toEqual([
        { entity_ref: 'component:default/b' },
      ]);

      catalog.applyMutation = apply;
      await catalog.lose('component:default/a');
      clock.advance(MINUTE);
      await poll(sync);
      expect(catalog.names()).toEqual(['a', 'b']);
    });

    it('keeps no validators where a newer observation is stored', async () => {
      const ahead = start();
      source.answer = [service('a')];
      source.etag = '"1"';
      clock.advance(MINUTE);
      await poll(ahead);
      clock.advance(-MINUTE);
      source.answer = [service('a', 'other')];
      source.etag = '"2"';
      await poll(ahead);
      clock.advance(2 * MINUTE);
      await poll(ahead);

      expect(catalog.entities.get('component:default/a')?.spec).toMatchObject({
        owner: 'other',
      });
    });

    it('does nothing while another replica has the lease, and takes over from a dead one', async () => {
      source.answer = [service('a')];
      const sync = start();
      await poll(sync);
      await beginRun({
        knex,
        run: {
          id: 'dead',
          source: 'registry',
          kind: 'poll',
          startedAt: clock.now(),
        },
        now: clock.now(),
      });

      await poll(sync);
      expect(source.asked).toHaveLength(1);
      await expect(sync.due()).resolves.toBeUndefined();
      await expect(
        sync.syncRecord({ recordId: 'a', signal }),
      ).rejects.toBeInstanceOf(RetryLaterError);

      clock.advance(30_000);
      await expect(sync.due()).resolves.toBe('retry');
      await poll(sync);
      expect(source.asked).toHaveLength(2);
    });

    it('applies nothing once it lost its lease', async () => {
      const sync = start();
      source.answer = [service('a')];
      const list = source.list.bind(source);
      source.list = async options => {
        await knex('custom_data_runs').update({ outcome: 'abandoned' });
        return list(options);
      };

      await expect(poll(sync)).rejects.toThrow('went to another replica');
      expect(catalog.mutations).toEqual([]);
      expect(await lastRun()).toMatchObject({ outcome: 'abandoned' });
    });

    it('does not count a shutdown as a failure of the source', async () => {
      const stop = new AbortController();
      source.list = async () => {
        stop.abort();
        throw stop.signal.reason;
      };
      const sync = start();

      await expect(
        sync.poll({ kind: 'poll', signal: stop.signal }),
      ).rejects.toThrow('aborted');
      expect(await lastRun()).toMatchObject({ outcome: 'abandoned' });
      await expect(sync.due()).resolves.toBe('startup');
    });

    it('counts a run that exceeds its time limit as a failure', async () => {
      const stop = new AbortController();
      source.list = async ({ onRequest }) => {
        onRequest?.('page 3 of GET http://registry.invalid/metadata');
        clock.advance(5 * MINUTE);
        stop.abort();
        throw stop.signal.reason;
      };

      await expect(
        start().poll({ kind: 'poll', signal: stop.signal }),
      ).rejects.toMatchObject({ name: 'SourceError', code: 'timeout' });
      expect(await lastRun()).toMatchObject({
        outcome: 'failed',
        error: expect.stringContaining(
          'Source "registry" did not end within schedule.timeout (300 s) while ' +
            'reading page 3 of GET http://registry.invalid/metadata; see what ' +
            'is slow there, or raise schedule.timeout',
        ),
      });
    });

    it('shows what the server said in the run, and not in the log', async () => {
      const logger = mockServices.logger.mock();
      const sync = connectSync({ knex, catalog, clock, source, logger });
      source.answer = new SourceError('answered 403', {
        code: 'status',
        said: 'no licence',
      });
      await expect(poll(sync)).rejects.toThrow('answered 403');

      expect((await lastRun()).error).toMatch(
        /answered 403\. The server said: no licence$/,
      );
      expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('licence');
    });

    it('names the time limit of a single record, also to who waits for it', async () => {
      const stop = new AbortController();
      source.read = async () => {
        clock.advance(5 * MINUTE);
        stop.abort();
        return new Promise(() => {});
      };

      await expect(
        start().syncRecord({ recordId: 'a', signal: stop.signal }),
      ).rejects.toThrow(
        'Source "registry" did not end within schedule.timeout (300 s) while syncing record "a"',
      );
    });

    it('does nothing while paused', async () => {
      const sync = start({ paused: true });
      await poll(sync);

      expect(source.asked).toEqual([]);
      await expect(sync.due()).resolves.toBeUndefined();
      await expect(sync.syncRecord({ recordId: 'a', signal })).rejects.toThrow(
        'paused',
      );
    });

    describe('for a single record', () => {
      it('applies just that one', async () => {
        const sync = start();
        source.answer = [service('a'), service('b')];
        await poll(sync);
        source.records.set('b', service('b', 'other'));
        clock.advance(MINUTE);

        await expect(sync.syncRecord({ recordId: 'b', signal })).resolves.toBe(
          'synced',
        );

        expect(catalog.mutations.at(-1)).toMatchObject({
          type: 'delta',
          added: [{ entity: { metadata: { name: 'b' } } }],
          removed: [],
        });
        expect(catalog.names()).toEqual(['a', 'b']);
      });

      it('adds one that the list does not have yet', async () => {
        const sync = start();
        source.answer = [service('a')];
        await poll(sync);
        source.records.set('new', service('new'));

        await sync.syncRecord({ recordId: 'new', signal });

        expect(catalog.names()).toEqual(['a', 'new']);
      });

      it('removes nothing that the source no longer knows', async () => {
        const sync = start();
        source.answer = [service('a')];
        await poll(sync);

        await expect(sync.syncRecord({ recordId: 'a', signal })).resolves.toBe(
          'not-found',
        );
        expect(catalog.names()).toEqual(['a']);
      });

      it('leaves a ref to the record that has it', async () => {
        const sync = start();
        source.answer = [service('a')];
        await poll(sync);
        source.records.set('b', { ...service('b'), name: 'a' });
        clock.advance(MINUTE);

        await sync.syncRecord({ recordId: 'b', signal });

        expect(catalog.entities.get('component:default/a')).toMatchObject({
          metadata: {
            annotations: {
              'backstage.io/managed-by-location': 'custom-data:registry/a',
            },
          },
        });
        expect(await problems()).toMatch(/record \\"a\\"/);
      });

      it('syncs one after the other, instead of failing because it is busy', async () => {
        const sync = start();
        for (const id of ['a', 'b', 'c']) {
          source.records.set(id, service(id));
        }

        await Promise.all(
          ['a', 'b', 'c'].map(recordId =>
            sync.syncRecord({ recordId, signal }),
          ),
        );

        expect(catalog.names()).toEqual(['a', 'b', 'c']);
      });

      it('leaves the source alone for as long as a good answer asks', async () => {
        const sync = start();
        source.records.set('a', service('a'));
        source.retryAt = new Date(clock.now().getTime() + MINUTE);
        await sync.syncRecord({ recordId: 'a', signal });

        expect(catalog.names()).toEqual(['a']);
        await expect(
          sync.syncRecord({ recordId: 'a', signal }),
        ).rejects.toMatchObject({ retryAt: source.retryAt });
      });

      it('refuses an answer about another record', async () => {
        source.records.set('a', service('b'));

        await expect(
          start().syncRecord({ recordId: 'a', signal }),
        ).rejects.toThrow('record "a" and answered with "b"');
        expect(catalog.mutations).toEqual([]);
      });

      it('postpones the source only where the API asks for that', async () => {
        const sync = start();
        source.records.set(
          'a',
          new SourceError('HTTP 500', { code: 'status' }),
        );
        await expect(
          sync.syncRecord({ recordId: 'a', signal }),
        ).rejects.toThrow('HTTP 500');
        source.records.set(
          'a',
          new SourceError('HTTP 429', { code: 'status', retryAfterMs: MINUTE }),
        );
        await expect(
          sync.syncRecord({ recordId: 'a', signal }),
        ).rejects.toThrow('HTTP 429');

        await expect(
          sync.syncRecord({ recordId: 'a', signal }),
        ).rejects.toMatchObject({
          name: 'RetryLaterError',
          retryAt: new Date(clock.now().getTime() + MINUTE),
        });
      });
    });
  });
});
