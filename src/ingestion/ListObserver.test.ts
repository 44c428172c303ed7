import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { createTables } from '../database/__testUtils__/createTables';
import type { RecordSink } from '../sources/RecordSource';
import { SourceSync } from './SourceSync';
import { connectSync } from './__testUtils__/connectSync';
import {
  bytesHashOf,
  FakeCatalog,
  FakeClock,
  FakeSource,
  givePage,
  service,
} from './__testUtils__/fakes';

const signal = new AbortController().signal;
const TABLES = ['records', 'contributions', 'entities', 'problems'];

describe('ListObserver', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const tables = createTables(databases);

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let catalog: FakeCatalog;
    let clock: FakeClock;
    let parsed: string[];
    let give: (sink: RecordSink) => Promise<void>;
    let sync: SourceSync;

    beforeEach(async () => {
      knex = await tables.empty(databaseId);
      catalog = new FakeCatalog(knex);
      clock = new FakeClock();
      parsed = [];
      const source = new FakeSource();
      source.list = async ({ sink }) => {
        await give(sink);
        return { type: 'listed' as const, validators: undefined };
      };
      sync = connectSync({ knex, catalog, clock, source });
    });

    /** Records whose parsing is noticed, in the bytes of that text. */
    const listed = (...texts: string[]) =>
      texts.map(text => ({
        bytesHash: bytesHashOf(text),
        parse: () => {
          parsed.push(text);
          return JSON.parse(text) as JsonObject;
        },
      }));
    const textOf = (id: string, owner?: string) =>
      JSON.stringify(service(id, owner));

    async function poll(...texts: string[]) {
      clock.advance(60_000);
      parsed = [];
      give = async sink => {
        sink.startPage();
        await sink.records(listed(...texts));
        sink.endPage();
      };
      await sync.poll({ kind: 'poll', signal });
    }

    const contentOf = async () =>
      JSON.stringify(
        await Promise.all(TABLES.map(name => knex(`custom_data_${name}`))),
      );
    const problems = () => knex('custom_data_problems').pluck('code');

    it('says which items of the list cannot be identified, counted from 1, and what they are', async () => {
      await poll(
        textOf('a'),
        '{"team":"s3cret","b":1,"c":1,"d":1,"e":1,"f":1}',
        '[1,2]',
        '"s3cret"',
      );

      const messages = await knex('custom_data_problems').pluck('message');
      expect(messages.sort()).toEqual([
        'Item 3 of the list is a list of 2; did "records" give lists of lists?',
        'Item 4 of the list is a string; check the key "records" of the source',
        'Record 2 of the list, an object with the keys "team", "b", "c", "d", "e", …, has no id: there is no id; correct that key, or the record',
      ]);
    });

    it('parses only the records whose bytes changed', async () => {
      await poll(textOf('a'), textOf('b'));
      await poll(textOf('a'), textOf('b', 'other'), textOf('c'));

      expect(parsed).toEqual([textOf('b', 'other'), textOf('c')]);
      expect(catalog.names()).toEqual(['a', 'b', 'c']);
    });

    it('writes nothing for an API that gives members in another order each time', async () => {
      await poll('{"id":"a","owner":"x"}');
      await poll('{"owner":"x","id":"a"}');
      const before = await contentOf();
      await poll('{ "id":"a","owner":"x"}');
      await poll('{"owner":"x", "id":"a"}');

      expect(await contentOf()).toBe(before);
      expect(catalog.mutations).toHaveLength(1);
    });

    it('forgets a page that is read again', async () => {
      await poll(textOf('a'), textOf('b'));
      give = async sink => {
        sink.startPage();
        await sink.records(listed(textOf('a'), textOf('x'), '{}'));
        await givePage(sink, [service('a'), service('b')]);
        await givePage(sink, [service('c')]);
      };
      clock.advance(60_000);
      await sync.poll({ kind: 'poll', signal });

      expect(catalog.names()).toEqual(['a', 'b', 'c']);
      expect(await problems()).toEqual([]);
      expect(await knex('custom_data_runs').orderBy('started_at')).toEqual([
        expect.anything(),
        expect.objectContaining({
          counts: expect.stringContaining('"records":3'),
        }),
      ]);
    });

    it.each([
      ['with the same bytes', textOf('a'), textOf('a')],
      ['with other bytes', textOf('a', 'y'), textOf('a', 'y')],
    ])('takes a record once that two pages show, %s', async (_, ...twice) => {
      await poll(textOf('a'), textOf('b'));
      await poll(...twice, textOf('b'), textOf('c'), textOf('c'));

      expect(await problems()).toEqual([]);
      expect(catalog.names()).toEqual(['a', 'b', 'c']);
    });

    it.each([
      ['with other bytes', textOf('a', 'x'), textOf('a', 'y')],
      ['with the same bytes, and others', textOf('a'), textOf('a', 'y')],
      ['with other bytes, and the same', textOf('a', 'y'), textOf('a')],
    ])(
      'takes neither of two records with one id, %s',
      async (_, first, second) => {
        await poll(textOf('a'), textOf('b'));
        await poll(first, second, textOf('b'));
        expect(await problems()).toEqual(['record-id-twice']);

        await poll(textOf('a', 'z'), textOf('b'));
        expect(await problems()).toEqual([]);
        expect(catalog.entities.get('component:default/a')?.spec?.owner).toBe(
          'z',
        );
        expect(catalog.names()).toEqual(['a', 'b']);
      },
    );

    it('finds which of the records that it did not parse has a ref', async () => {
      await poll(textOf('a'), textOf('b'));
      await poll(textOf('a'), textOf('b'), '{"id":"c","name":"a"}');

      expect(await knex('custom_data_problems')).toEqual([
        expect.objectContaining({
          code: 'ref-taken',
          record_id: 'c',
          message: expect.stringContaining('record "a" gives as well'),
        }),
      ]);
    });
  });
});
