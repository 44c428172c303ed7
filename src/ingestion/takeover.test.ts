import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/source';
import { createTables } from '../database/__testUtils__/createTables';
import { connectSync } from './__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
} from './__testUtils__/fakes';
import { readAdoptedKeys } from './database/records';

const MINUTE = 60_000;
const A = 'component:default/a';
const signal = new AbortController().signal;

describe('taking over entities of others', () => {
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
      source.answer = [service('a'), service('b')];
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
    });

    function start(settings: Partial<SourceSettings>) {
      const sync = connectSync({
        knex,
        catalog,
        clock,
        settings,
        source,
      });
      return async () => {
        clock.advance(MINUTE);
        await sync.poll({ kind: 'poll', signal });
      };
    }

    const problems = () => knex('custom_data_problems').pluck('code');
    const keysOf = () =>
      catalog.mutations
        .flatMap(m => (m.type === 'full' ? m.entities : m.added))
        .filter(({ entity }) => entity.metadata.name === 'a')
        .map(({ locationKey }) => locationKey);

    it('leaves a ref alone unless the source says so', async () => {
      await catalog.give(A, 'home-made:default');
      await start({})();

      expect(catalog.names()).toEqual(['b']);
      await expect(problems()).resolves.toEqual(['ref-taken']);
    });

    it.each(['"1"', undefined])(
      'gives a ref one run after another of our sources lets go of it, with ETag %p',
      async etag => {
        const others = new FakeCatalog(knex, 'custom-data-other');
        const other = new FakeSource();
        const held = connectSync({
          knex,
          catalog: others,
          clock,
          settings: { name: 'other' },
          source: other,
        });
        other.answer = [
          service('a'),
          ...['c', 'd', 'e', 'f'].map(id => service(id)),
        ];
        await held.poll({ kind: 'poll', signal });
        source.etag = etag;
        const poll = start({});
        await poll();
        await poll();
        expect(catalog.names()).toEqual(['b']);
        await expect(problems()).resolves.toEqual(['ref-taken']);

        other.answer = other.answer.slice(1);
        clock.advance(MINUTE);
        await held.poll({ kind: 'poll', signal });
        await poll();
        expect(catalog.names()).toEqual(['a', 'b']);
        await expect(problems()).resolves.toEqual([]);
      },
    );

    it('keeps the location key that the entity has', async () => {
      await catalog.give(A, 'home-made:default');
      const poll = start({ takeover: true });
      await poll();
      source.answer = [service('a', 'other'), service('b')];
      await poll();
      await start({ takeover: true })();

      expect(catalog.names()).toEqual(['a', 'b']);
      expect(catalog.entities.get(A)?.spec?.owner).toBe('other');
      expect(keysOf()).toEqual(Array(3).fill('home-made:default'));
      await expect(problems()).resolves.toEqual([]);
    });

    it('keeps what it took over once takeover is turned off', async () => {
      await catalog.give(A, 'home-made:default');
      await start({ takeover: true })();
      source.answer = [service('a', 'other'), service('b')];
      await start({})();

      expect(catalog.entities.get(A)?.spec?.owner).toBe('other');
    });

    it('takes over an entity without a location key under its own key', async () => {
      await catalog.give(A, null);
      await start({ takeover: true })();

      expect(keysOf()).toEqual(['custom-data-registry']);
    });

    it('removes it under the key that it has', async () => {
      await catalog.give(A, 'home-made:default');
      const poll = start({ takeover: true });
      await poll();
      source.answer = [service('b')];
      await poll();

      expect(catalog.mutations.at(-1)).toMatchObject({
        removed: [{ entityRef: A, locationKey: 'home-made:default' }],
      });
      await expect(
        readAdoptedKeys({ knex, source: 'registry' }),
      ).resolves.toEqual(new Map());
    });

    it('applies an entity again that was taken back, and warns', async () => {
      await catalog.give(A, 'home-made:default');
      const poll = start({ takeover: true });
      await poll();
      await catalog.takeBack(A);
      await poll();

      expect(catalog.names()).toEqual(['a', 'b']);
      await expect(problems()).resolves.toEqual(['ref-taken-over']);
      await poll();
      await expect(problems()).resolves.toEqual([]);
    });
  });
});
