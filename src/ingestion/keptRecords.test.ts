import { SourceError } from '../lib/errors';
import { describeSource } from './__testUtils__/describeSource';
import { service, services } from './__testUtils__/fakes';

const DAY = 24 * 3_600_000;
const KEEP = { removals: { maxRatio: 0.2, minCount: 1, keep: true } };

describeSource('a source that keeps what its list lacks', world => {
  const states = () =>
    world.knex('custom_data_records').orderBy('record_id').pluck('state');
  const days = () =>
    world.knex('custom_data_list_days').orderBy('day').pluck('day');
  const pollNextDay = (
    sync: ReturnType<typeof world.start>,
    answer: ReturnType<typeof services> | SourceError,
  ) => {
    world.clock.advance(DAY);
    world.source.answer = answer;
    return world.poll(sync).catch(() => undefined);
  };

  it('keeps the entities and asks nobody, however many are absent', async () => {
    const sync = world.start(KEEP);
    await world.poll(sync, services(3));

    await world.poll(sync, services(1));
    await world.reconcile(sync);

    expect(world.catalog.names()).toEqual(['s0', 's1', 's2']);
    await expect(states()).resolves.toEqual(['seen', 'missing', 'missing']);
    await expect(world.planStates()).resolves.toEqual([]);
  });

  it('still removes what a record that is listed no longer gives', async () => {
    const sync = world.start(KEEP);
    await world.poll(sync, services(9));

    await world.poll(sync, [
      { ...service('s0'), name: 'renamed' },
      ...services(9).slice(1),
    ]);

    expect(world.catalog.names()).toContain('renamed');
    expect(world.catalog.names()).not.toContain('s0');
  });

  it('still tells the API what it knows, so that an unchanged list is not read again', async () => {
    const sync = world.start(KEEP);
    await world.poll(sync, services(3));
    world.source.etag = '"1"';
    await world.poll(sync, services(2));

    await world.poll(sync);

    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
    await expect(states()).resolves.toEqual(['seen', 'seen', 'missing']);
  });

  it('reads an empty list again: what it lacks may be there', async () => {
    const sync = world.start(KEEP);
    await world.poll(sync, services(1));
    world.source.etag = '"1"';
    await world.poll(sync, []);

    await world.poll(sync);

    expect(world.source.asked.at(-1)).toBeUndefined();
  });

  it('forgets an absent record once it has no entity any more', async () => {
    const sync = world.start(KEEP);
    await world.poll(sync, services(2));
    await world.poll(sync, services(1));
    for (const table of ['custom_data_contributions', 'custom_data_entities']) {
      await world.knex(table).where('entity_ref', 'like', '%s1').delete();
    }

    await world.poll(sync);

    await expect(states()).resolves.toEqual(['seen']);
  });

  it('counts only the days on which it gave a whole list', async () => {
    const sync = world.start(KEEP);
    await pollNextDay(sync, services(2));
    await world.poll(sync);
    await pollNextDay(sync, new SourceError('down', { code: 'network' }));
    world.clock.advance(DAY);
    await pollNextDay(sync, []);
    await pollNextDay(sync, [...services(2), { owner: 'without-id' }]);
    await world.pause();
    await pollNextDay(sync, services(2));
    await world.resume();
    world.source.etag = '"1"';
    await pollNextDay(sync, services(2));
    await pollNextDay(sync, services(2));

    expect(world.source.asked.at(-1)).toEqual({ etag: '"1"' });
    await expect(days()).resolves.toEqual([
      '2026-01-02',
      '2026-01-08',
      '2026-01-09',
    ]);
  });
});
