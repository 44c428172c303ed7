import { stringifyError } from '@backstage/errors';
import type { SourceSettings } from '../config/source';
import { beforeQueries } from '../database/__testUtils__/beforeQueries';
import { describeSource } from '../ingestion/__testUtils__/describeSource';
import {
  mapper,
  service,
  settingsOf,
  validateEntity,
} from '../ingestion/__testUtils__/fakes';
import { postponeSource } from '../ingestion/database/runs';
import { SourceError } from '../lib/errors';
import type { RecordMapper } from '../mapping/RecordMapper';
import { RecordReader } from './RecordReader';
import { invalidateRead } from './database/recordReads';

const MINUTE = 60_000;

describeSource('RecordReader', world => {
  beforeEach(() => {
    world.source.records.set('a', service('a'));
  });

  function start(
    settings: Partial<SourceSettings> = {},
    map: RecordMapper['map'] = mapper.map,
  ) {
    return new RecordReader({
      settings: settingsOf(settings),
      source: world.source,
      mapper: { ...mapper, map },
      validateEntity,
      knex: world.knex,
      freshForMs: 15 * MINUTE,
      now: world.clock.now,
      random: () => 1,
    });
  }

  const read = (reader: RecordReader, recordId = 'a') => reader.read(recordId);
  const fail = () =>
    world.source.records.set(
      'a',
      new SourceError('HTTP 500', { code: 'status' }),
    );

  it('asks the API once for many passes, also after a restart', async () => {
    await read(start());
    world.clock.advance(14 * MINUTE);
    const entities = await read(start());

    expect(entities).toEqual([
      expect.objectContaining({ metadata: { name: 'a' } }),
    ]);
    expect(world.source.asked).toHaveLength(1);
  });

  it('asks again once a read is no longer fresh, with its validators', async () => {
    world.source.etag = '"1"';
    await read(start());
    world.clock.advance(15 * MINUTE);
    await expect(read(start())).resolves.toHaveLength(1);
    world.clock.advance(14 * MINUTE);
    await read(start());

    expect(world.source.asked).toEqual([undefined, { etag: '"1"' }]);
  });

  it('keeps values out of the error where a read cannot be stored', async () => {
    world.source.records.set('a', service('a', 'very-private'));
    const restore = beforeQueries(world.knex, sql => {
      if (/^insert into .custom_data_read_/.test(sql)) {
        throw Object.assign(new Error('disk full'), { code: 'FULL' });
      }
    });
    try {
      const error = await read(start()).catch(e => e);
      expect(error.message).toBe('The database failed with "FULL"');
      expect(stringifyError(error)).not.toContain('very-private');
    } finally {
      restore();
    }
  });

  it('asks again after an invalidation, on whichever replica', async () => {
    await read(start());
    world.source.records.set('a', service('a', 'other'));
    world.clock.advance(MINUTE);
    await invalidateRead({
      knex: world.knex,
      source: 'registry',
      recordId: 'a',
      now: world.clock.now(),
    });

    await expect(read(start())).resolves.toEqual([
      expect.objectContaining({
        spec: expect.objectContaining({ owner: 'other' }),
      }),
    ]);
  });

  it('maps anew where the mapping changed, without validators', async () => {
    world.source.etag = '"1"';
    await read(start());
    await read(start({ entity: [{ changed: true }] }));

    expect(world.source.asked).toEqual([undefined, undefined]);
  });

  it('asks for a missing record no sooner than after the poll interval, with the same error in each pass', async () => {
    world.source.records.delete('a');
    const failure = () => read(start()).catch(stringifyError);
    const first = await failure();
    expect(first).toContain('NotFoundError: Source "registry" has no record');
    for (let minutes = 2; minutes < 15; minutes += 2) {
      world.clock.advance(2 * MINUTE);
      expect(await failure()).toBe(first);
    }
    expect(world.source.asked).toHaveLength(1);
    world.clock.advance(MINUTE);
    expect(await failure()).toBe(first);
    expect(world.source.asked).toHaveLength(2);
  });

  it('fails while the API fails, and asks it less and less', async () => {
    fail();
    await expect(read(start())).rejects.toThrow('HTTP 500');
    await expect(read(start())).rejects.toThrow('HTTP 500');
    expect(world.source.asked).toHaveLength(1);

    world.clock.advance(MINUTE);
    await expect(read(start())).rejects.toThrow('HTTP 500');
    world.clock.advance(MINUTE);
    await expect(read(start())).rejects.toThrow('HTTP 500');
    world.clock.advance(MINUTE);
    world.source.records.set('a', service('a'));
    await expect(read(start())).resolves.toHaveLength(1);
  });

  it('tries at once what failed under another configuration', async () => {
    await read(start());
    world.clock.advance(15 * MINUTE);
    world.source.records.set('a', { id: 'a', broken: true });
    await expect(read(start())).rejects.toThrow('no valid entity');
    await expect(read(start())).rejects.toThrow('no valid entity');
    const asked = world.source.asked.length;

    await expect(read(start({ id: 'key' }))).rejects.toThrow('no valid entity');
    await expect(read(start({ id: 'key' }))).rejects.toThrow('no valid entity');
    expect(world.source.asked).toHaveLength(asked + 1);
    world.source.records.set('a', service('a'));
    await expect(read(start({ id: 'name' }))).resolves.toHaveLength(1);
  });

  it('ends where a mapping in code does not', async () => {
    const limit = new AbortController();
    jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    const reader = start({}, () => {
      limit.abort();
      return new Promise(() => undefined);
    });

    await expect(read(reader)).rejects.toThrow(
      'Record "a" of source "registry" was not fetched and mapped within 60 s',
    );
    await expect(read(reader)).rejects.toThrow('within 60 s');
    expect(world.source.asked).toHaveLength(1);
  });

  it('shows a failure although it had a good read before', async () => {
    await read(start());
    world.clock.advance(15 * MINUTE);
    fail();

    await expect(read(start())).rejects.toThrow('HTTP 500');
    await expect(read(start())).rejects.toThrow('HTTP 500');
  });

  it('serves it as well while the source is paused at run time', async () => {
    world.source.records.set('b', service('b'));
    await read(start());
    world.clock.advance(15 * MINUTE);
    await world.pause();

    await expect(read(start())).resolves.toHaveLength(1);
    await expect(read(start(), 'b')).rejects.toThrow('paused');
    expect(world.source.asked).toHaveLength(1);
  });

  it('waits while its source backs off', async () => {
    await postponeSource({
      knex: world.knex,
      source: 'registry',
      retryAt: world.clock.after(MINUTE),
    });

    await expect(read(start())).rejects.toThrow('backs off');
    expect(world.source.asked).toEqual([]);
  });

  it('leaves the whole source alone where one record was told so', async () => {
    world.source.records.set(
      'a',
      new SourceError('HTTP 429', {
        code: 'status',
        retryAfterMs: 10 * MINUTE,
      }),
    );
    world.source.records.set('b', service('b'));
    await expect(read(start())).rejects.toThrow('HTTP 429');

    await expect(read(start(), 'b')).rejects.toThrow('backs off');
    world.clock.advance(10 * MINUTE);
    await expect(read(start(), 'b')).resolves.toHaveLength(1);
    expect(world.source.asked).toHaveLength(2);
  });

  it('says that a record is not there, or is another one, or invalid', async () => {
    await expect(read(start(), 'gone')).rejects.toThrow('no record "gone"');
    world.source.records.set('b', service('a'));
    await expect(read(start(), 'b')).rejects.toThrow(
      'record "b" and answered with "a"',
    );
    world.source.records.set('c', { id: 'c', broken: true });
    await expect(read(start(), 'c')).rejects.toThrow('no valid entity');
  });

  it('never asks for an id that could leave its path', async () => {
    for (const id of [
      '../x',
      '%2e%2e',
      'http://evil.invalid/x',
      'a'.repeat(256),
    ]) {
      await expect(read(start(), id)).rejects.toThrow();
    }
    expect(world.source.asked).toEqual([]);
  });

  it('serves its last good read while the source is paused', async () => {
    await read(start());
    world.clock.advance(60 * MINUTE);

    await expect(read(start({ paused: true }))).resolves.toHaveLength(1);
    await expect(read(start({ paused: true }), 'b')).rejects.toThrow('paused');
  });
});
