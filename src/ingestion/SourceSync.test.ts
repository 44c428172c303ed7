import {
  CLOSING_A_RUN,
  failStatements,
} from '../database/__testUtils__/failStatements';
import { RetryLaterError, SourceError } from '../lib/errors';
import type { SourceSync } from './SourceSync';
import { describeSource } from './__testUtils__/describeSource';
import { service, services, settingsOf } from './__testUtils__/fakes';
import { beginRun, postponeSource, readSourceState } from './database/runs';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const TABLES = [
  'custom_data_sources',
  'custom_data_records',
  'custom_data_contributions',
  'custom_data_entities',
];

describeSource('SourceSync', world => {
  const { start, poll, reconcile, syncRecord, runs, lastRun } = world;

  /** Polls without letting time pass before. */
  const pollNow = (sync: SourceSync) => sync.poll({ kind: 'poll', signal });
  const problems = async () => JSON.stringify(await world.problems());
  const contentOf = async () =>
    JSON.stringify(await Promise.all(TABLES.map(table => world.knex(table))));

  it('applies everything first, then only what changed', async () => {
    const sync = start();
    await poll(sync, [service('a'), service('b')]);
    await poll(sync, [service('a'), service('b', 'other'), service('c')]);

    expect(world.catalog.mutations).toEqual([
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
    expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
    expect(world.catalog.entities.get('component:default/b')).toMatchObject({
      metadata: {
        annotations: {
          'backstage.io/managed-by-location': 'custom-data:registry/b',
          'backstage.io/managed-by-origin-location': 'custom-data:registry/b',
        },
      },
      spec: { owner: 'other' },
    });
    expect((await lastRun()).counts).toMatchObject({
      records: 3,
      added: 1,
      changed: 1,
    });
  });

  it('writes nothing but the run where nothing changed', async () => {
    const sync = start();
    await poll(sync, [service('a')]);
    const before = await contentOf();
    await poll(sync);

    expect(world.catalog.mutations).toHaveLength(1);
    expect(await contentOf()).toBe(before);
    expect(await lastRun()).toMatchObject({
      kind: 'poll',
      outcome: 'unchanged',
    });
  });

  it('applies nothing after a 304, but all that it knows after a restart', async () => {
    world.source.etag = '"1"';
    await poll(start(), [service('a')]);
    const restarted = start();
    world.catalog.entities.clear();
    await poll(restarted);
    await poll(restarted);

    expect(world.source.asked).toEqual([
      undefined,
      { etag: '"1"' },
      { etag: '"1"' },
    ]);
    expect(world.catalog.names()).toEqual(['a']);
    expect(world.catalog.mutations).toHaveLength(2);
  });

  it('asks without validators where the mapping changed', async () => {
    world.source.etag = '"1"';
    await poll(start(), [service('a')]);
    await poll(start({ entity: [{ changed: true }] }));

    expect(world.source.asked).toEqual([undefined, undefined]);
  });

  it('reconciles with the whole list, without validators', async () => {
    const sync = start();
    world.source.etag = '"1"';
    await poll(sync, [service('a')]);
    await reconcile(sync);

    expect(world.source.asked).toEqual([undefined, undefined]);
    expect(world.catalog.mutations).toHaveLength(2);
  });

  it('fails, backs off, and is due again when the back-off ends', async () => {
    const sync = start();
    world.source.answer = new SourceError('HTTP 500', { code: 'status' });

    await expect(pollNow(sync)).rejects.toThrow('HTTP 500');
    expect(await lastRun()).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('HTTP 500'),
    });
    await pollNow(sync);
    expect(world.source.asked).toHaveLength(1);
    await expect(start().due()).resolves.toBeUndefined();

    world.clock.advance(MINUTE);
    await expect(start().due()).resolves.toBe('retry');
    await expect(pollNow(sync)).rejects.toThrow('HTTP 500');
    world.clock.advance(MINUTE);
    await expect(start().due()).resolves.toBeUndefined();
    world.clock.advance(MINUTE);
    await expect(start().due()).resolves.toBe('retry');

    world.source.answer = [service('a')];
    await pollNow(sync);
    await expect(sync.due()).resolves.toBeUndefined();
    expect(world.catalog.names()).toEqual(['a']);
  });

  it('leaves the API alone as long as it asks for', async () => {
    const sync = start();
    world.source.answer = new SourceError('HTTP 429', {
      code: 'status',
      retryAfterMs: 10 * MINUTE,
    });
    await expect(poll(sync)).rejects.toThrow('HTTP 429');

    world.clock.advance(9 * MINUTE);
    await expect(sync.due()).resolves.toBeUndefined();
    world.clock.advance(MINUTE);
    await expect(sync.due()).resolves.toBe('retry');
  });

  it('has one run over the list begin for all who asked for it before', async () => {
    const sync = start();
    await poll(sync);
    world.clock.advance(1000);
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
    await world.pause();
    await expect(start().requestList()).rejects.toThrow(
      'Source "registry" is paused; POST /api/catalog/custom-data/sources/registry/resume ends that',
    );
    await world.resume();

    const retryAt = world.clock.after(MINUTE);
    await postponeSource({ knex: world.knex, source: 'registry', retryAt });
    await expect(start().requestList()).rejects.toMatchObject({ retryAt });
    world.clock.advance(MINUTE);
    await expect(start().requestList()).resolves.toBeUndefined();
  });

  it('begins runs of a source with "trigger: manual" only after a failure', async () => {
    const { timeout } = settingsOf().schedule;
    const frequency = { trigger: 'manual' as const };
    const sync = start({ schedule: { frequency, timeout } });
    await expect(sync.due()).resolves.toBeUndefined();

    world.source.answer = new SourceError('HTTP 500', { code: 'status' });
    await expect(poll(sync)).rejects.toThrow('HTTP 500');
    world.clock.advance(MINUTE);
    await expect(sync.due()).resolves.toBe('retry');
  });

  it('removes nothing because of an empty answer, and says why', async () => {
    const sync = start();
    await poll(sync, [service('a')]);
    world.source.etag = '"empty"';
    await poll(sync, []);

    expect(world.catalog.names()).toEqual(['a']);
    expect((await lastRun()).held).toContain('empty list');

    // The same answer is evaluated again rather than skipped as not modified.
    await poll(sync);
    expect((await lastRun()).held).toContain('empty list');
  });

  it.each(['listed', 'not-modified'])(
    'counts a list whose answer (%s) asks to wait, and leaves the source alone until then',
    async type => {
      const sync = start();
      world.source.answer = [service('a')];
      world.source.etag = 'v1';
      if (type === 'not-modified') {
        await pollNow(sync);
      }
      world.source.retryAt = world.clock.after(5 * MINUTE);
      await pollNow(sync);

      expect(world.catalog.names()).toEqual(['a']);
      await expect(
        readSourceState({ knex: world.knex, source: 'registry' }),
      ).resolves.toMatchObject({ failures: 0, retryAt: world.source.retryAt });
      const asked = world.source.asked.length;
      world.clock.advance(MINUTE);
      await pollNow(sync);
      await expect(sync.due()).resolves.toBeUndefined();
      expect(world.source.asked).toHaveLength(asked);

      world.clock.advance(4 * MINUTE);
      await expect(sync.due()).resolves.toBe('retry');
      world.source.retryAt = undefined;
      await pollNow(sync);
      const { retryAt } = await readSourceState({
        knex: world.knex,
        source: 'registry',
      });
      expect(retryAt).toBeUndefined();
    },
  );

  it('is not polled more often because its answers ask for short waits', async () => {
    const sync = start();
    world.source.retryAt = world.clock.after(1000);
    await pollNow(sync);
    world.clock.advance(1000);

    await expect(sync.due()).resolves.toBeUndefined();
  });

  it('removes nothing while one record cannot be identified', async () => {
    const sync = start();
    await poll(sync, [service('a'), service('b')]);
    await poll(sync, [service('a', 'other'), { owner: 'nobody' }]);

    expect(world.catalog.names()).toEqual(['a', 'b']);
    expect(world.ownerOf('a')).toBe('other');
    expect((await lastRun()).held).toContain('cannot be identified');
    expect(await problems()).toContain('record-without-id');
  });

  it('keeps a record that became unreadable, and reports it', async () => {
    const sync = start();
    await poll(sync, [service('a'), service('b')]);
    await poll(sync, [{ id: 'a', broken: true }, service('b')]);
    await poll(sync);

    expect(world.catalog.names()).toEqual(['a', 'b']);
    expect((await lastRun()).counts).toMatchObject({
      invalid: 1,
      removed: 0,
    });
  });

  it('takes neither of two records with one id', async () => {
    await poll(start(), [service('a'), service('a', 'other'), service('b')]);

    expect(world.catalog.names()).toEqual(['b']);
    expect(await problems()).toContain('record-id-twice');
  });

  it('leaves an entity of another location alone', async () => {
    await world.catalog.give(
      'component:default/a',
      'url:https://git.example.com/a.yaml',
    );
    await poll(start(), [service('a'), service('b')]);

    expect(world.catalog.names()).toEqual(['b']);
    expect(await problems()).toContain('git.example.com');
  });

  it('leaves an entity of another source alone', async () => {
    await poll(start({ name: 'first' }), [service('a')]);
    await poll(start({ name: 'second' }));

    expect(await world.knex('custom_data_entities').select('source')).toEqual([
      { source: 'first' },
    ]);
    expect(await problems()).toContain('first');
  });

  it('repeats what a crash cut off between catalog and tables', async () => {
    const sync = start();
    world.source.etag = '"1"';
    await poll(sync, [service('a')]);
    world.source.etag = '"2"';
    const repair = failStatements(world.knex, CLOSING_A_RUN);
    await expect(poll(start(), [service('b')])).rejects.toThrow(
      'The database failed',
    );
    repair();
    await poll(start());

    expect(world.catalog.names()).toEqual(['b']);
    expect((await runs()).map(run => run.outcome)).toEqual([
      'applied',
      'abandoned',
      'applied',
    ]);
  });

  it('guards entities that only the catalog knows', async () => {
    await poll(start(), services(40));
    // As after a first run that died before it was written down.
    for (const table of TABLES) {
      await world.knex(table).delete();
    }

    const sync = start();
    await poll(sync, []);
    expect(world.catalog.names()).toHaveLength(40);
    expect((await lastRun()).held).toContain('would remove 40 entities');

    await poll(sync, services(20));
    expect(world.catalog.names()).toHaveLength(40);
    expect((await lastRun()).held).toContain('20 of 40 entities');

    await reconcile(sync, services(38));
    expect(world.catalog.names()).toHaveLength(38);
  });

  it('notices that somebody else took a ref at the same moment', async () => {
    world.catalog.beforeNext = () =>
      world.catalog.give('component:default/a', 'custom-data-other');
    const sync = start();
    await poll(sync, [service('a'), service('b')]);

    expect(await problems()).toContain('custom-data-other');
    expect(
      await world.knex('custom_data_entities').select('entity_ref'),
    ).toEqual([{ entity_ref: 'component:default/b' }]);

    await world.catalog.lose('component:default/a');
    await poll(sync);
    expect(world.catalog.names()).toEqual(['a', 'b']);
  });

  it('keeps no validators where a newer observation is stored', async () => {
    const ahead = start();
    world.source.answer = [service('a')];
    world.source.etag = '"1"';
    world.clock.advance(MINUTE);
    await pollNow(ahead);
    world.clock.advance(-MINUTE);
    world.source.answer = [service('a', 'other')];
    world.source.etag = '"2"';
    await pollNow(ahead);
    world.clock.advance(2 * MINUTE);
    await pollNow(ahead);

    expect(world.ownerOf('a')).toBe('other');
  });

  it('does nothing while another replica has the lease, and takes over from a dead one', async () => {
    world.source.answer = [service('a')];
    const sync = start();
    await pollNow(sync);
    await beginRun({
      knex: world.knex,
      run: {
        id: 'dead',
        source: 'registry',
        kind: 'poll',
        startedAt: world.clock.now(),
      },
      now: world.clock.now(),
    });

    await pollNow(sync);
    expect(world.source.asked).toHaveLength(1);
    await expect(sync.due()).resolves.toBeUndefined();
    await expect(
      sync.syncRecord({ recordId: 'a', signal }),
    ).rejects.toBeInstanceOf(RetryLaterError);

    world.clock.advance(30_000);
    await expect(sync.due()).resolves.toBe('retry');
    await pollNow(sync);
    expect(world.source.asked).toHaveLength(2);
  });

  it('applies nothing once it lost its lease', async () => {
    const list = world.source.list.bind(world.source);
    world.source.list = async options => {
      await world.knex('custom_data_runs').update({ outcome: 'abandoned' });
      return list(options);
    };

    await expect(poll(start(), [service('a')])).rejects.toThrow(
      'went to another replica',
    );
    expect(world.catalog.mutations).toEqual([]);
    expect(await lastRun()).toMatchObject({ outcome: 'abandoned' });
  });

  it('does not count a shutdown as a failure of the source', async () => {
    const stop = new AbortController();
    world.source.list = async () => {
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
    world.source.list = async ({ onRequest }) => {
      onRequest?.('page 3 of GET http://registry.invalid/metadata');
      world.clock.advance(5 * MINUTE);
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
    world.source.answer = new SourceError('answered 403', {
      code: 'status',
      said: 'no licence',
    });
    await expect(poll(start())).rejects.toThrow('answered 403');

    expect((await lastRun()).error).toMatch(
      /answered 403\. The server said: no licence$/,
    );
    expect(JSON.stringify(world.logger.warn.mock.calls)).not.toContain(
      'licence',
    );
  });

  it('names the time limit of a single record, also to who waits for it', async () => {
    const stop = new AbortController();
    world.source.read = async () => {
      world.clock.advance(5 * MINUTE);
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

    expect(world.source.asked).toEqual([]);
    await expect(sync.due()).resolves.toBeUndefined();
    await expect(sync.syncRecord({ recordId: 'a', signal })).rejects.toThrow(
      'paused',
    );
  });

  describe('for a single record', () => {
    it('applies just that one', async () => {
      const sync = start();
      await poll(sync, [service('a'), service('b')]);

      await expect(syncRecord(sync, service('b', 'other'))).resolves.toBe(
        'synced',
      );
      expect(world.catalog.mutations.at(-1)).toMatchObject({
        type: 'delta',
        added: [{ entity: { metadata: { name: 'b' } } }],
        removed: [],
      });
      expect(world.catalog.names()).toEqual(['a', 'b']);
    });

    it('adds one that the list does not have yet', async () => {
      const sync = start();
      await poll(sync, [service('a')]);
      await syncRecord(sync, service('new'));

      expect(world.catalog.names()).toEqual(['a', 'new']);
    });

    it('removes nothing that the source no longer knows', async () => {
      const sync = start();
      await poll(sync, [service('a')]);

      await expect(sync.syncRecord({ recordId: 'a', signal })).resolves.toBe(
        'not-found',
      );
      expect(world.catalog.names()).toEqual(['a']);
    });

    it('leaves a ref to the record that has it', async () => {
      const sync = start();
      await poll(sync, [service('a')]);
      await syncRecord(sync, { ...service('b'), name: 'a' });

      expect(world.catalog.entities.get('component:default/a')).toMatchObject({
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
        world.source.records.set(id, service(id));
      }

      await Promise.all(
        ['a', 'b', 'c'].map(recordId => sync.syncRecord({ recordId, signal })),
      );

      expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
    });

    it('leaves the source alone for as long as a good answer asks', async () => {
      const sync = start();
      world.source.records.set('a', service('a'));
      world.source.retryAt = world.clock.after(MINUTE);
      await sync.syncRecord({ recordId: 'a', signal });

      expect(world.catalog.names()).toEqual(['a']);
      await expect(
        sync.syncRecord({ recordId: 'a', signal }),
      ).rejects.toMatchObject({ retryAt: world.source.retryAt });
    });

    it('refuses an answer about another record', async () => {
      world.source.records.set('a', service('b'));

      await expect(
        start().syncRecord({ recordId: 'a', signal }),
      ).rejects.toThrow('record "a" and answered with "b"');
      expect(world.catalog.mutations).toEqual([]);
    });

    it('postpones the source only where the API asks for that', async () => {
      const sync = start();
      world.source.records.set(
        'a',
        new SourceError('HTTP 500', { code: 'status' }),
      );
      await expect(sync.syncRecord({ recordId: 'a', signal })).rejects.toThrow(
        'HTTP 500',
      );
      world.source.records.set(
        'a',
        new SourceError('HTTP 429', { code: 'status', retryAfterMs: MINUTE }),
      );
      await expect(sync.syncRecord({ recordId: 'a', signal })).rejects.toThrow(
        'HTTP 429',
      );

      await expect(
        sync.syncRecord({ recordId: 'a', signal }),
      ).rejects.toMatchObject({
        name: 'RetryLaterError',
        retryAt: world.clock.after(MINUTE),
      });
    });
  });
});
