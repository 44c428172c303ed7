import type { JsonValue } from '@backstage/types';
import { createRecordSelector } from './selectRecords';

const select = (answer: JsonValue, records?: string) =>
  createRecordSelector({ name: 'registry', records }).selectRecords(answer);

const shape = (message: string) => ({
  name: 'SourceError',
  code: 'shape',
  message,
});

describe('createRecordSelector', () => {
  describe('without an expression', () => {
    it.each([[[]], [[{ a: 1 }]], [[1, null]]])(
      'returns %j as it is',
      async answer => {
        expect(await select(answer)).toBe(answer);
      },
    );

    it('describes an answer that is not a list, without its values', async () => {
      await expect(
        select({ total: 1, services: [{ secret: 's3cret' }] }),
      ).rejects.toMatchObject(
        shape(
          'Source "registry": the answer is an object with the keys "total", "services", not a list of records; set "records" to the path of the list, such as "records: services"',
        ),
      );
      await expect(
        select({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }),
      ).rejects.toMatchObject(
        shape(
          'Source "registry": the answer is an object with the keys "a", "b", "c", "d", "e", …, not a list of records; set "records" to the path of the list',
        ),
      );
    });

    it.each<[JsonValue, string]>([
      [null, 'null'],
      ['secret', 'a string'],
      [7, 'a number'],
      [{}, 'an object without keys'],
    ])('refuses %j', async (answer, described) => {
      await expect(select(answer)).rejects.toThrow(
        `the answer is ${described}, not a list`,
      );
    });
  });

  describe('with a path', () => {
    it.each<[string, JsonValue, JsonValue[]]>([
      [
        'services',
        { services: [{ id: 1 }, { id: 2 }] },
        [{ id: 1 }, { id: 2 }],
      ],
      ['services', { services: [{ id: 1 }] }, [{ id: 1 }]],
      ['services', { services: [] }, []],
      ['$.services', { services: [{ id: 1 }] }, [{ id: 1 }]],
      ['$$.services', { services: [] }, []],
      ['data.items', { data: { items: [[1]] } }, [[1]]],
      ['`my list`', { 'my list': [] }, []],
      ['pages.items', { pages: [{ items: [1] }, { items: [] }] }, [1]],
      ['pages.items', { pages: [{ items: [] }] }, []],
      ['pages.items', { pages: [] }, []],
      ['edges.node', { edges: [{ node: { id: 1 } }] }, [{ id: 1 }]],
      [
        'edges.node',
        { edges: [{ node: { id: 1 } }, { node: null }] },
        [{ id: 1 }, null],
      ],
      ['items', [{ items: [1] }], [1]],
      ['[item]', { item: { id: 1 } }, [{ id: 1 }]],
      ['[item]', { item: [{ id: 1 }] }, [{ id: 1 }]],
      ['item[]', { item: { id: 1 } }, [{ id: 1 }]],
      ['item[]', { item: [] }, []],
      ['(services)', { services: [{ id: 1 }] }, [{ id: 1 }]],
    ])('%s of %j is %j', async (records, answer, list) => {
      expect(await select(answer, records)).toEqual(list);
    });

    it.each([
      'services',
      '[services]',
      'services[]',
      '$.services',
      '(services)',
    ])('refuses an answer without the key of the path: %s', async records => {
      await expect(
        select({ entries: [{ id: 1 }] }, records),
      ).rejects.toMatchObject(
        shape(
          `Source "registry": records "${records}" does not lead to a list: the answer is an object with the keys "entries" and has no "services"; check whether the API has renamed it`,
        ),
      );
    });

    it.each<[string, JsonValue, string]>([
      ['a', { a: null }, 'leads to null, not to a list'],
      ['a', { a: { id: 1 } }, 'leads to an object with the keys "id"'],
      ['a', { a: 'x' }, 'leads to a string'],
      ['[a]', { a: 'x' }, 'leads to a string'],
      ['[a]', { a: null }, 'leads to null'],
      ['a.b', { a: null }, 'a is null and has no "b"'],
      ['a.b', { a: 'x' }, 'a is a string and has no "b"'],
      ['a.toString', { a: {} }, 'has no "toString"'],
    ])('refuses %s of %j', async (records, answer, message) => {
      await expect(select(answer, records)).rejects.toThrow(message);
    });

    it('refuses an answer if one page lacks its part', async () => {
      await expect(
        select({ pages: [{ items: [1] }, { error: 'x' }] }, 'pages.items'),
      ).rejects.toThrow(
        'pages[1] is an object with the keys "error" and has no "items"',
      );
    });
  });

  describe('with another expression', () => {
    it.each<[string, JsonValue, JsonValue[]]>([
      [
        'services[active]',
        { services: [{ active: true }] },
        [{ active: true }],
      ],
      ['services[active]', { services: [] }, []],
      ['[services[active]]', { services: [{ active: false }] }, []],
      [
        '$filter(services, function($s){ $s.id > 1 })',
        { services: [{ id: 1 }, { id: 2 }] },
        [{ id: 2 }],
      ],
      ['services.{"id": name}', { services: [{ name: 'a' }] }, [{ id: 'a' }]],
      ['services.{"id": name}', { services: [] }, []],
      [
        '$each(services, function($v, $k){ $merge([$v, {"id": $k}]) })',
        { services: { a: { x: 1 } } },
        [{ x: 1, id: 'a' }],
      ],
      ['$each(services, function($v){ $v })', { services: {} }, []],
      ['services ~> $reverse', { services: [1, 2] }, [2, 1]],
      ['services = null ? [] : services', { services: null }, []],
      [
        'groups[$exists(services)].services',
        { groups: [{ services: [{ id: 1 }, { id: 2 }] }, {}] },
        [{ id: 1 }, { id: 2 }],
      ],
    ])('%s of %j is %j', async (records, answer, list) => {
      expect(await select(answer, records)).toEqual(list);
    });

    it.each([
      'services[active]',
      '[services[active]]',
      '[services.{"id": name}]',
      '$filter(services, function($s){ $s.id > 1 })',
      '$each(services, function($v){ $v })',
      'services ~> $reverse',
      'services^(name)',
      'services{name: $}',
      'services = null ? [] : services',
    ])('refuses an answer without the key: %s', async records => {
      await expect(
        select({ entries: [{ id: 1 }] }, records),
      ).rejects.toMatchObject({ name: 'SourceError', code: 'shape' });
    });

    it.each<[string, JsonValue]>([
      ['data[0].services', { data: [{ entries: [{ id: 1 }] }] }],
      ['$lookup(data, "services")', { data: { entries: [{ id: 1 }] } }],
      ['(data).services', { data: { entries: [{ id: 1 }] } }],
      ['services[state = "on"]', { services: [{ status: 'on' }] }],
    ])(
      'refuses to take no result for an empty list: %s',
      async (records, answer) => {
        await expect(select(answer, records)).rejects.toThrow(
          'if an empty list is right, put the expression in [ ]',
        );
      },
    );

    it.each<[string, string]>([
      ['"text"', 'gives a string, not a list of records'],
      ['$count(services)', 'gives a number, not a list of records'],
      ['$number("x")', 'fails at position 8: Unable to cast'],
      ['[function(){ 1 }]', 'fails: the result holds a function'],
    ])('refuses %s', async (records, message) => {
      await expect(select({ services: [] }, records)).rejects.toThrow(message);
    });

    it('takes a list of 150,000', async () => {
      const services = Array.from({ length: 150_000 }, (_, id) => ({ id }));
      expect(await select({ services }, '$append([], services)')).toHaveLength(
        150_000,
      );
    });
  });
});
