import type { JsonValue } from '@backstage/types';
import { createAjv, uniqueItems } from './createAjv';

const DRAFTS = [
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2019-09/schema',
  'https://json-schema.org/draft/2020-12/schema',
];

describe.each(DRAFTS)('uniqueItems of %s', $schema => {
  const check = (items: unknown, schema: object = { uniqueItems: true }) => {
    const whole = { $schema, ...schema };
    const validate = createAjv(whole).compile(whole);
    validate(items);
    return validate.errors ?? [];
  };

  it('is ours, not the one that takes time with the square of a list', () => {
    expect(createAjv({ $schema }).getKeyword('uniqueItems')).toMatchObject({
      validate: uniqueItems.validate,
    });
  });

  it.each<[JsonValue]>([
    [[1, 1]],
    [JSON.parse('[1, 1.0]')],
    [JSON.parse('[0, -0]')],
    [['a', 'b', 'a']],
    [[null, null]],
    [
      [
        { a: 1, b: { c: 2, d: 3 } },
        { b: { d: 3, c: 2 }, a: 1 },
      ],
    ],
    [
      [
        ['a', { b: 1 }],
        ['a', { b: 1 }],
      ],
    ],
    [JSON.parse('[{"__proto__": 1}, {"__proto__": 1}]')],
  ])('refuses %j', items => {
    expect(check(items)).toHaveLength(1);
  });

  it.each<[JsonValue]>([
    [[]],
    [[1, '1', true, 'true', null, 'null']],
    [[0, false, '', [], {}]],
    [
      [
        [1, 2],
        [2, 1],
      ],
    ],
    [[{ a: 1 }, { a: 1, b: null }]],
    [[['a,b'], ['a', 'b']]],
    [[{ 'a":1,"b': 1 }, { a: 1, b: 1 }]],
    [JSON.parse('[{"__proto__": 1}, {}]')],
    ['no list, no, no'],
  ])('takes %j', items => {
    expect(check(items)).toEqual([]);
  });

  it('takes everything where it is false', () => {
    expect(check([1, 1], { uniqueItems: false })).toEqual([]);
  });

  it('says which items, and tells of other faults as well', () => {
    const schema = { uniqueItems: true, maxItems: 2 };
    const paths = { properties: { a: { properties: { list: schema } } } };
    expect(check({ a: { list: ['x', 'y', 'x'] } }, paths)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ keyword: 'maxItems' }),
        expect.objectContaining({
          keyword: 'uniqueItems',
          instancePath: '/a/list',
          message:
            'must NOT have duplicate items (items ## 0 and 2 are identical)',
        }),
      ]),
    );
  });

  it('must be true or false', () => {
    expect(() => check([], { uniqueItems: 'yes' })).toThrow(
      /schema is invalid/,
    );
  });
});
