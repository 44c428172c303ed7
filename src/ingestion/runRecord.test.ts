import type { JsonObject } from '@backstage/types';
import { describeSource } from './__testUtils__/describeSource';
import { service } from './__testUtils__/fakes';

const MINUTE = 60_000;
const signal = new AbortController().signal;
const IDS = Array.from({ length: 20 }, (_, i) => `s${i + 10}`);
const called = (id: string, name: string): JsonObject => ({
  ...service(id),
  name,
});
const LISTED = IDS.map(id => service(id));
const RENAMED = IDS.map(id => called(id, `new-${id}`));

describeSource('runRecord', world => {
  const { start, poll, syncRecord, decide, lastRun, ownerOf } = world;
  const before = IDS.map(id => id).sort();

  it('renames an entity', async () => {
    const sync = start();
    await poll(sync, LISTED);
    await syncRecord(sync, RENAMED[0]);

    expect(world.catalog.names()).toEqual(
      [...before.slice(1), 'new-s10'].sort(),
    );
  });

  it.each(['pending', 'rejected'] as const)(
    'takes nothing away that a %s plan holds',
    async state => {
      const sync = start();
      await poll(sync, LISTED);
      await poll(sync, RENAMED);
      if (state === 'rejected') {
        await decide(state);
      }
      for (const record of RENAMED) {
        await syncRecord(sync, record);
      }

      expect(world.catalog.names()).toEqual(before);
      expect((await lastRun()).held).toContain('has to be approved');
    },
  );

  it('logs for debugging only what a plan holds already, and that there is no record', async () => {
    const sync = start();
    await poll(sync, LISTED);
    await poll(sync, RENAMED);
    jest.clearAllMocks();
    await syncRecord(sync, RENAMED[0]);
    world.clock.advance(MINUTE);
    await sync.syncRecord({ recordId: 'none', signal });

    expect(world.logger.info).not.toHaveBeenCalled();
    expect(world.logger.warn).not.toHaveBeenCalled();
    const debugged = world.logger.debug.mock.calls.flat().join();
    expect(debugged).toContain('has to be approved');
    expect(debugged).toContain(
      'the source has no record "none", which removes nothing',
    );
  });

  it('lets a later list carry out what was approved', async () => {
    const sync = start();
    await poll(sync, LISTED);
    await poll(sync, RENAMED);
    await syncRecord(sync, RENAMED[0]);
    await decide('approved');
    await poll(sync, RENAMED);

    expect(world.catalog.names()).toEqual(IDS.map(id => `new-${id}`).sort());
  });

  it('removes nothing under a configuration with which no list was read', async () => {
    await poll(start(), LISTED);
    const changed = start({ id: 'key' });
    for (const record of RENAMED) {
      await syncRecord(changed, record);
    }
    expect(world.catalog.names()).toEqual(before);
    expect((await lastRun()).held).toContain('no list has been read');

    await poll(changed, RENAMED);
    expect(world.catalog.names()).toEqual(before);
    await decide('approved');
    await poll(changed, RENAMED);
    expect(world.catalog.names()).toEqual(IDS.map(id => `new-${id}`).sort());
  });

  it('has the next list evaluated for a record that the single read changed', async () => {
    const sync = start();
    world.source.etag = '"1"';
    await poll(sync, LISTED);
    await syncRecord(sync, service('s10', 'stale'));
    await poll(sync, LISTED);

    expect(world.source.asked.at(-1)).toBeUndefined();
    expect(ownerOf('s10')).toBe('team');
  });

  it('asks for the whole next list after a record that could not be read', async () => {
    const sync = start();
    world.source.etag = '"1"';
    await poll(sync, LISTED);
    await syncRecord(sync, { id: 's10', broken: true });
    await poll(sync, LISTED);

    expect(world.source.asked.at(-1)).toBeUndefined();
    expect(await world.knex('custom_data_problems')).toEqual([]);
  });

  it('keeps the validators of the list where the record has not changed', async () => {
    const sync = start();
    world.source.etag = '"1"';
    await poll(sync, LISTED);
    world.source.etag = undefined;
    await syncRecord(sync, LISTED[0]);
    world.source.etag = '"1"';
    await poll(sync, LISTED);

    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
  });
});
