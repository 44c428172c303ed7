import type { JsonValue } from '@backstage/types';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { NEEDS_JSONATA, plainPath, readPath } from './plainPath';

const pathOf = (text: string) => plainPath(jsonata(text).ast() as object);

describe('plainPath', () => {
  it.each([
    ['a', ['a']],
    ['a.b.c', ['a', 'b', 'c']],
    ['`a b`.`c-d`', ['a b', 'c-d']],
    ['a."b"', ['a', 'b']],
    [' a . b ', ['a', 'b']],
  ])('reads %p', (text, names) => {
    expect(pathOf(text)).toEqual(names);
  });

  it.each([
    'a[0]',
    'a[]',
    'a.b[c=1]',
    'a.*',
    'a.**',
    '$.a',
    '(a)',
    '[a]',
    'a.{"b": c}',
    'a{b: c}',
    'a^(b)',
    'a@$x.b',
    'a#$i',
    'a & b',
    '"a"',
    '$uppercase(a)',
  ])('leaves %p to JSONata', text => {
    expect(pathOf(text)).toBeUndefined();
  });
});

describe('readPath', () => {
  const names = fc.constantFrom(
    'a',
    'b',
    'toString',
    'length',
    '__proto__',
    '_jsonata_function',
  );
  const { json } = fc.letrec<{ json: JsonValue }>(tie => ({
    json: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<JsonValue>(null, true, false, 0, 1, '', 'x'),
      fc.array(tie('json'), { maxLength: 3 }),
      fc
        .array(fc.tuple(names, tie('json')), { maxLength: 4 })
        .map(entries => Object.fromEntries(entries)),
    ),
  }));

  it('gives what JSONata gives, or leaves it to JSONata', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.array(names, { minLength: 1, maxLength: 3 }),
        async (input, path) => {
          const text = path.map(name => `\`${name}\``).join('.');
          const value = await jsonata(text).evaluate(input);
          const quick = readPath(input, path);
          read += quick === NEEDS_JSONATA ? 0 : 1;

          expect([NEEDS_JSONATA, value]).toContainEqual(quick);
        },
      ),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  it.each<{ list: JsonValue[] }>([
    { list: [] },
    { list: ['x'] },
    { list: [['x']] },
    { list: [1, [2], { b: 3 }] },
  ])('gives the array at the end of %j as it is', async record => {
    expect(readPath(record, ['list'])).toEqual(record.list);
    await expect(jsonata('list').evaluate(record)).resolves.toEqual(
      record.list,
    );
  });

  it.each<[JsonValue, string[]]>([
    [[{ a: 1 }], ['a']],
    [{ a: [{ b: 1 }] }, ['a', 'b']],
    [{ _jsonata_lambda: true, a: 1 }, ['a']],
  ])('leaves %j to JSONata', (input, path) => {
    expect(readPath(input, path)).toBe(NEEDS_JSONATA);
  });
});
