import type { JsonObject } from '@backstage/types';
import type { RecordSink } from '../sources/RecordSource';
import type { SourceSync } from './SourceSync';
import { describeSource } from './__testUtils__/describeSource';
import { bytesHashOf, givePage, service } from './__testUtils__/fakes';

const TABLES = ['records', 'contributions', 'entities', 'problems'];

describeSource('ListObserver', world => {
  let parsed: string[];
  let give: (sink: RecordSink) => Promise<void>;
  let sync: SourceSync;

  beforeEach(() => {
    parsed = [];
    world.source.list = async ({ sink }) => {
      await give(sink);
      return { type: 'listed' as const, validators: undefined };
    };
    sync = world.start();
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
    parsed = [];
    give = async sink => {
      sink.startPage();
      await sink.records(listed(...texts));
      sink.endPage();
    };
    await world.poll(sync);
  }

  const contentOf = async () =>
    JSON.stringify(
      await Promise.all(TABLES.map(name => world.knex(`custom_data_${name}`))),
    );
  const problems = () => world.knex('custom_data_problems').pluck('code');

  it('says which items of the list cannot be identified, counted from 1, and what they are', async () => {
    await poll(
      textOf('a'),
      '{"team":"s3cret","b":1,"c":1,"d":1,"e":1,"f":1}',
      '[1,2]',
      '"s3cret"',
    );

    const messages = await world.knex('custom_data_problems').pluck('message');
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
    expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
  });

  it('writes nothing for an API that gives members in another order each time', async () => {
    await poll('{"id":"a","owner":"x"}');
    await poll('{"owner":"x","id":"a"}');
    const before = await contentOf();
    await poll('{ "id":"a","owner":"x"}');
    await poll('{"owner":"x", "id":"a"}');

    expect(await contentOf()).toBe(before);
    expect(world.catalog.mutations).toHaveLength(1);
  });

  it('forgets a page that is read again', async () => {
    await poll(textOf('a'), textOf('b'));
    give = async sink => {
      sink.startPage();
      await sink.records(listed(textOf('a'), textOf('x'), '{}'));
      await givePage(sink, [service('a'), service('b')]);
      await givePage(sink, [service('c')]);
    };
    await world.poll(sync);

    expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
    expect(await problems()).toEqual([]);
    expect(await world.runs()).toEqual([
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
    expect(world.catalog.names()).toEqual(['a', 'b', 'c']);
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
      expect(world.ownerOf('a')).toBe('z');
      expect(world.catalog.names()).toEqual(['a', 'b']);
    },
  );

  it('finds which of the records that it did not parse has a ref', async () => {
    await poll(textOf('a'), textOf('b'));
    await poll(textOf('a'), textOf('b'), '{"id":"c","name":"a"}');

    expect(await world.knex('custom_data_problems')).toEqual([
      expect.objectContaining({
        code: 'ref-taken',
        record_id: 'c',
        message: expect.stringContaining('record "a" gives as well'),
      }),
    ]);
  });
});
