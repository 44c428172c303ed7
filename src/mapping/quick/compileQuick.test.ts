import type { JsonValue } from '@backstage/types';
import fc from 'fast-check';
import jsonata from 'jsonata';
import type { AstNode } from '../ast';
import {
  createFunctions,
  registerFunctions,
} from '../functions/createFunctions';
import { toJson } from '../toJson';
import { compileQuick } from './compileQuick';
import { NEEDS_JSONATA, readPath } from './operations';

const functions = createFunctions({ t: { a: 'x', 1: [1], o: { b: 1 } } });

function compile(text: string) {
  const expression = jsonata(text);
  registerFunctions(expression, functions);
  return {
    slow: async (input: JsonValue) => toJson(await expression.evaluate(input)),
    quick: compileQuick(expression.ast() as AstNode, functions),
  };
}

/** What is given at once, or undefined where JSONata is to say. */
function giveAtOnce(quick: ReturnType<typeof compileQuick>, input: JsonValue) {
  try {
    return { value: toJson(quick!(input)) };
  } catch {
    return undefined;
  }
}

const operator = fc.constantFrom(
  ...['&', '=', '!=', '<', '<=', '>', '>=', 'and', 'or'],
);
const call = fc.constantFrom(
  ...['exists', 'string', 'type', 'lowercase', 'uppercase'],
  ...['slug', 'entityName', 'ownerRef', 'isHttpUrl'],
);
const callOfTwo = fc.constantFrom('ownerRef', 'urlJoin');
const { text } = fc.letrec<{ text: string }>(tie => ({
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'a',
      'b',
      'c',
      'a.b',
      'c.a',
      '`x y`',
      'list',
      'list.a',
      '$',
    ),
    fc.constantFrom('"x"', '""', '"A b"', '0', '1', '-2.5', '1e21'),
    fc.constantFrom('true', 'false', 'null'),
    fc
      .tuple(tie('text'), operator, tie('text'))
      .map(([left, sign, right]) => `(${left}) ${sign} (${right})`),
    fc
      .tuple(tie('text'), tie('text'), tie('text'))
      .map(
        ([condition, then, other]) => `((${condition}) ? ${then} : ${other})`,
      ),
    fc
      .tuple(tie('text'), tie('text'))
      .map(([condition, then]) => `((${condition}) ? ${then})`),
    fc.array(tie('text'), { maxLength: 3 }).map(items => `[${items}]`),
    fc
      .tuple(tie('text'), tie('text'))
      .map(([one, other]) => `{"k": ${one}, "l": ${other}}`),
    fc.tuple(call, tie('text')).map(([name, of]) => `$${name}(${of})`),
    fc
      .tuple(callOfTwo, tie('text'), tie('text'))
      .map(([name, one, other]) => `$${name}(${one}, ${other})`),
    tie('text').map(key => `$fromTable("t", ${key}, "none")`),
    fc
      .tuple(fc.constantFrom('a', 'list', 'c.a', 'deep.list'), tie('text'))
      .map(([path, each]) => `${path}.(${each})`),
    tie('text').map(each => `list.{"k": ${each}}`),
    tie('text').map(each => `list.$string(${each})`),
  ),
}));
const scalar = fc.constantFrom<JsonValue>(
  ...[null, true, false, 0, -1, 2.5, 0.1 + 0.2, '', 'x', 'Ä b', 'https://h'],
);
const member = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('a', 'b', '_jsonata_lambda'), scalar),
);
const list = fc.array(fc.oneof(member, fc.array(member, { maxLength: 2 })), {
  maxLength: 3,
});
const record = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'x y', 'list', '_jsonata_function'),
  fc.oneof({ weight: 3, arbitrary: member }, { weight: 1, arbitrary: list }),
);

describe('compileQuick', () => {
  it('gives what JSONata gives, or leaves it to JSONata', async () => {
    let atOnce = 0;
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.oneof(record, fc.array(record, { maxLength: 2 })),
        async (expression, input) => {
          const { quick, slow } = compile(expression);
          const given = quick && giveAtOnce(quick, input as JsonValue);
          fc.pre(given !== undefined);
          atOnce++;
          expect(given).toEqual({ value: await slow(input as JsonValue) });
        },
      ),
      { numRuns: 2000, maxSkipsPerRun: 20 },
    );
    expect(atOnce).toBe(2000);
  });

  it.each<[string, JsonValue]>([
    ['"a" & n', { n: 0.1 + 0.2 }],
    ['"a" & n', { n: { b: 1 } }],
    ['$string(n)', { n: 1e21 }],
    ['$string(n)', { n: 2.5 }],
    ['a = b', { a: { c: 1 }, b: { c: 1 } }],
    ['a != b', { a: 1 }],
    ['a or b', { a: {}, b: [0] }],
    ['a ? 1 : 2', { a: [[0]] }],
    ['[a, b]', { a: [1, [2]], b: null }],
    ['{"k": a}', [{ a: 1 }, { a: 2 }]],
    ['$substringBefore(a, "")', { a: 'x' }],
    ['$substringAfter(a, "")', { a: 'x' }],
    ['$type(a)', { a: [] }],
    ['$fromTable("t", "o")', {}],
  ])('gives for %s of %j what JSONata gives', async (expression, input) => {
    const { quick, slow } = compile(expression);
    const value = await slow(input);
    expect([{ value }, undefined]).toContainEqual(giveAtOnce(quick, input));
  });

  it('leaves a record that JSONata takes for a function to JSONata', () => {
    const { quick } = compile('$exists($)');
    expect(giveAtOnce(quick, { _jsonata_function: true })).toBeUndefined();
    expect(giveAtOnce(quick, { a: 1 })).toEqual({ value: true });
  });

  it.each([
    'a',
    '"group:" & team.name',
    'tier = 1 ? "production" : "experimental"',
    'a ?? b',
    '$exists(app) ? app : repo',
    '[$lowercase(language), $exists(tier) ? "tier-" & tier]',
    '[$exists(url) ? {"url": url, "title": "Site"}]',
    '$type(url) = "string" and url != ""',
    '$ownerRef($fromTable("t", team, "platform"))',
    '$',
    '[dependsOn.("component:" & $)]',
    'links.{"url": href, "title": name}',
    'a.b.$lowercase($)',
  ])('takes %s', expression => {
    expect(compile(expression).quick).toBeDefined();
  });

  it.each([
    'a[0]',
    'a[]',
    '(a)[]',
    '[a][0]',
    '[a][]',
    '$string(a)[]',
    '(a; b)',
    '($x := a; $x)',
    '$.a',
    'a.*',
    'list.[a]',
    '(list).(a)',
    'list[0].(a)',
    'list.(a)[]',
    'list.(a).b',
    'a + 1',
    'a in b',
    '{a: b}',
    '{"k": a, "k": b}',
    '{"_jsonata_lambda": true}',
    '$lowercase()',
    '$lowercase(a, b)',
    '$lowercase(?)',
    '$map(a, $string)',
    'a ~> $string',
    '$replace(a, /b/, "c")',
    'function($x){ $x }(a)',
  ])('leaves %s to JSONata', expression => {
    expect(compile(expression).quick).toBeUndefined();
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

  const readOrLeave = (input: JsonValue, path: string[]) => {
    try {
      return readPath(input, path);
    } catch (error) {
      return error;
    }
  };

  it('gives what JSONata gives, or leaves it to JSONata', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.array(names, { minLength: 1, maxLength: 3 }),
        async (input, path) => {
          const expression = path.map(name => `\`${name}\``).join('.');
          const value = await jsonata(expression).evaluate(input);
          const quick = readOrLeave(input, path);
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
  ])('gives the array at the end of %j as it is', async input => {
    expect(readPath(input, ['list'])).toEqual(input.list);
    await expect(jsonata('list').evaluate(input)).resolves.toEqual(input.list);
  });

  it.each<[JsonValue, string[]]>([
    [[{ a: 1 }], ['a']],
    [{ a: [{ b: 1 }] }, ['a', 'b']],
    [{ _jsonata_lambda: true, a: 1 }, ['a']],
  ])('leaves %j to JSONata', (input, path) => {
    expect(() => readPath(input, path)).toThrow(NEEDS_JSONATA);
  });
});
