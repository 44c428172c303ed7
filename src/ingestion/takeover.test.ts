import { connectSync } from './__testUtils__/connectSync';
import { describeSource } from './__testUtils__/describeSource';
import {
  FakeCatalog,
  FakeSource,
  service,
  services,
} from './__testUtils__/fakes';
import { readAdoptedKeys } from './database/records';

const MINUTE = 60_000;
const A = 'component:default/a';
const signal = new AbortController().signal;

describeSource('taking over entities of others', world => {
  const { start, poll, ownerOf } = world;

  beforeEach(() => {
    world.source.answer = [service('a'), service('b')];
  });

  const problems = () => world.knex('custom_data_problems').pluck('code');
  const keysOf = () =>
    world.catalog.mutations
      .flatMap(m => (m.type === 'full' ? m.entities : m.added))
      .filter(({ entity }) => entity.metadata.name === 'a')
      .map(({ locationKey }) => locationKey);

  it('leaves a ref alone unless the source says so', async () => {
    await world.catalog.give(A, 'home-made:default');
    await poll(start());

    expect(world.catalog.names()).toEqual(['b']);
    await expect(problems()).resolves.toEqual(['ref-taken']);
  });

  it.each(['"1"', undefined])(
    'gives a ref one run after another of our sources lets go of it, with ETag %p',
    async etag => {
      const { knex, clock } = world;
      const other = new FakeSource();
      const held = connectSync({
        knex,
        catalog: new FakeCatalog(knex, 'custom-data-other'),
        clock,
        settings: { name: 'other' },
        source: other,
      });
      other.answer = [service('a'), ...services(4)];
      await held.poll({ kind: 'poll', signal });
      world.source.etag = etag;
      const sync = start();
      await poll(sync);
      await poll(sync);
      expect(world.catalog.names()).toEqual(['b']);
      await expect(problems()).resolves.toEqual(['ref-taken']);

      other.answer = other.answer.slice(1);
      clock.advance(MINUTE);
      await held.poll({ kind: 'poll', signal });
      await poll(sync);
      expect(world.catalog.names()).toEqual(['a', 'b']);
      await expect(problems()).resolves.toEqual([]);
    },
  );

  it('keeps the location key that the entity has', async () => {
    await world.catalog.give(A, 'home-made:default');
    const sync = start({ takeover: true });
    await poll(sync);
    await poll(sync, [service('a', 'other'), service('b')]);
    await poll(start({ takeover: true }));

    expect(world.catalog.names()).toEqual(['a', 'b']);
    expect(ownerOf('a')).toBe('other');
    expect(keysOf()).toEqual(Array(3).fill('home-made:default'));
    await expect(problems()).resolves.toEqual([]);
  });

  it('keeps what it took over once takeover is turned off', async () => {
    await world.catalog.give(A, 'home-made:default');
    await poll(start({ takeover: true }));
    await poll(start(), [service('a', 'other'), service('b')]);

    expect(ownerOf('a')).toBe('other');
  });

  it('takes over an entity without a location key under its own key', async () => {
    await world.catalog.give(A, null);
    await poll(start({ takeover: true }));

    expect(keysOf()).toEqual(['custom-data-registry']);
  });

  it('removes it under the key that it has', async () => {
    await world.catalog.give(A, 'home-made:default');
    const sync = start({ takeover: true });
    await poll(sync);
    await poll(sync, [service('b')]);

    expect(world.catalog.mutations.at(-1)).toMatchObject({
      removed: [{ entityRef: A, locationKey: 'home-made:default' }],
    });
    await expect(
      readAdoptedKeys({ knex: world.knex, source: 'registry' }),
    ).resolves.toEqual(new Map());
  });

  it('applies an entity again that was taken back, and warns', async () => {
    await world.catalog.give(A, 'home-made:default');
    const sync = start({ takeover: true });
    await poll(sync);
    await world.catalog.takeBack(A);
    await poll(sync);

    expect(world.catalog.names()).toEqual(['a', 'b']);
    await expect(problems()).resolves.toEqual(['ref-taken-over']);
    await poll(sync);
    await expect(problems()).resolves.toEqual([]);
  });
});
