import type { JsonValue } from '@backstage/types';
import fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { SourceError } from '../../lib/errors';
import { RecordCutter } from './RecordCutter';

const target = {
  source: 'services',
  url: new URL('https://registry.example.com/metadata?token=hidden'),
};

/** The text of bytes, or undefined if they are not valid UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined;
}

/** Splits bytes into chunks of these sizes, over and over. */
function* split(bytes: Uint8Array, sizes: number[]) {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] || bytes.length;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

function cut(
  body: string | Uint8Array,
  listPath: string[] = [],
  { sizes = [0], maxDepth = 32 }: { sizes?: number[]; maxDepth?: number } = {},
) {
  const cutter = new RecordCutter({ target, listPath, maxDepth });
  const elements: string[] = [];
  for (const chunk of split(Buffer.from(body), sizes)) {
    for (const element of cutter.cut(chunk)) {
      elements.push(decodeUtf8(element) ?? 'no UTF-8');
    }
  }
  const skeleton = decodeUtf8(cutter.skeleton()) ?? 'no UTF-8';
  expect(cutter.count).toBe(elements.length);
  return { elements, skeleton, found: cutter.found };
}

function fault(...args: Parameters<typeof cut>): SourceError {
  try {
    cut(...args);
  } catch (error) {
    return error as SourceError;
  }
  throw new Error('Expected an error');
}

describe('RecordCutter', () => {
  it.each([
    ['[]', [], [], '[]'],
    ['[{"a":[1]},2]', [], ['{"a":[1]}', '2'], '[0,0]'],
    [
      ' [ 1 ,\n"]," , null,[[]] ] ',
      [],
      ['1', '"],"', 'null', '[[]]'],
      ' [ 0 ,\n0 , 0,0 ] ',
    ],
    [
      '{"data":[{"a":1}],"next":"c"}',
      ['data'],
      ['{"a":1}'],
      '{"data":[0],"next":"c"}',
    ],
    [
      '{"n":{"data":[1]},"data":[2]}',
      ['data'],
      ['2'],
      '{"n":{"data":[1]},"data":[0]}',
    ],
    [
      '{"n":[{"data":[1]}],"a":{"b":[3]}}',
      ['a', 'b'],
      ['3'],
      '{"n":[{"data":[1]}],"a":{"b":[0]}}',
    ],
    [
      '{"\\u0064ata":["\\"", "\\\\"]}',
      ['data'],
      ['"\\""', '"\\\\"'],
      '{"\\u0064ata":[0, 0]}',
    ],
    ['{"b":"data","data":[1]}', ['data'], ['1'], '{"b":"data","data":[0]}'],
    ['\uFEFF\uFEFF[1]', [], ['1'], '\uFEFF\uFEFF[0]'],
    ['{"ü":[-1.5e3]}', ['ü'], ['-1.5e3'], '{"ü":[0]}'],
    ['{"__proto__":[true]}', ['__proto__'], ['true'], '{"__proto__":[0]}'],
  ])('cuts the elements out of %s', (text, path, elements, skeleton) => {
    for (const sizes of [[0], [1], [2, 3]]) {
      expect(cut(text, path, { sizes })).toEqual({
        elements,
        skeleton,
        found: true,
      });
    }
  });

  it.each([
    ['{"data":{"a":1}}', ['data']],
    ['{"data":null,"b":[1]}', ['data']],
    ['[{"data":[1]}]', ['data']],
    ['{"a":[{"b":[1]}]}', ['a', 'b']],
    ['{"data":[1]}', []],
    ['"[1]"', []],
    ['', []],
  ])('leaves %s unchanged if %j does not lead to a list', (text, path) => {
    expect(cut(text, path, { sizes: [1] })).toEqual({
      elements: [],
      skeleton: text,
      found: false,
    });
  });

  it.each([
    '[{"a":1}{"b":2}]',
    '["a".5]',
    '[1 2]',
    '[1"a"]',
    '[:1]',
    '[{"a":1}}]',
  ])('cannot tell the elements of %s apart', text => {
    const error = fault(text);
    expect(error).toMatchObject({ code: 'malformed', cause: undefined });
    expect(error.message).toMatch(/invalid JSON after record [01];/);
  });

  it.each([
    ['[[[1]]]', []],
    ['[{"a":{}}]', []],
    ['{"b":[[1]]}', ['data']],
    ['{"a":{"b":[1]}}', ['a', 'b']],
    ['{"data":[[1]],"b":0}', ['data']],
  ])('counts the depth of %s from the root', (text, path) => {
    expect(cut(text, path, { maxDepth: 3, sizes: [1] }).skeleton).toBeDefined();
    expect(fault(text, path, { maxDepth: 2, sizes: [1] })).toMatchObject({
      code: 'too-deep',
      message: expect.stringContaining(
        '2 levels; if that is right, raise "request.maxDepth"',
      ),
    });
  });

  it.each(['[', '{"a":', '{"data":[', '['])(
    'refuses 100000 times %s',
    opening => {
      expect(fault(opening.repeat(100_000), ['data'])).toMatchObject({
        code: 'too-deep',
      });
    },
  );
});

describe('skeleton and elements', () => {
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
  const name = fc.oneof(
    fc.constantFrom('data', 'a', '"', '\\', 'ü€😀'),
    fc.string(),
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), {
    minLength: 1,
    maxLength: 4,
  });
  const space = fc.constantFrom('', ' ', '\n\t');

  /** A list inside objects with these names, with other members beside them. */
  const document = fc
    .record({
      names: fc.array(name, { maxLength: 3 }),
      list: fc.array(json, { maxLength: 6 }),
      beside: fc.dictionary(name, json, { maxKeys: 3 }),
      isBehind: fc.boolean(),
      space,
    })
    .map(({ names, list, beside, isBehind, space: indent }) => {
      const wrap = (inner: JsonValue) =>
        [...names].reverse().reduce<JsonValue>((value, key) => {
          const { [key]: _, ...others } = beside;
          return isBehind
            ? { ...others, [key]: value }
            : { [key]: value, ...others };
        }, inner);
      return {
        names,
        list,
        text: JSON.stringify(wrap(list), null, indent),
        zeros: wrap(list.map(() => 0)),
      };
    });

  /** The value of a body, or undefined if it is not JSON. */
  const parse = (bytes: Uint8Array): JsonValue | undefined => {
    try {
      return JSON.parse(decodeUtf8(bytes)!.replace(/^\uFEFF+/, ''));
    } catch {
      return undefined;
    }
  };

  /** The whole value, put together from skeleton and elements. */
  const rebuild = (bytes: Uint8Array, names: string[], chunks: number[]) => {
    const cutter = new RecordCutter({
      target,
      listPath: names,
      maxDepth: 32,
    });
    const elements: (JsonValue | undefined)[] = [];
    try {
      for (const chunk of split(bytes, chunks)) {
        elements.push(
          ...[...cutter.cut(chunk)].map(element => {
            const text = decodeUtf8(element);
            return text === undefined ? undefined : JSON.parse(text);
          }),
        );
      }
    } catch {
      return undefined;
    }
    const whole = parse(cutter.skeleton());
    if (!cutter.found || whole === undefined || elements.includes(undefined)) {
      return whole === undefined || elements.includes(undefined)
        ? undefined
        : whole;
    }
    const place = names.reduce<any>((value, key) => value?.[key], whole);
    // Another list of the same name: readPage refuses it.
    if (JSON.stringify(place) !== JSON.stringify(elements.map(() => 0))) {
      return undefined;
    }
    place.splice(0, place.length, ...elements);
    return whole;
  };

  it('are the document with zeros, and what JSON.parse gives', () => {
    fc.assert(
      fc.property(document, sizes, ({ names, list, text, zeros }, chunks) => {
        const { elements, skeleton, found } = cut(text, names, {
          sizes: chunks,
        });
        expect(found).toBe(true);
        expect(elements.map(element => JSON.parse(element))).toEqual(
          JSON.parse(JSON.stringify(list)),
        );
        // JSON has no -0.
        expect(JSON.parse(skeleton)).toEqual(JSON.parse(JSON.stringify(zeros)));
      }),
      { numRuns: 500 },
    );
  });

  it('are never the JSON of another value, whatever happened to the bytes', () => {
    const noise = fc.oneof(
      fc.constantFrom(
        ...'[]{},:"\\0. \n-e'.split('').map(c => c.charCodeAt(0)),
      ),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(
        document,
        sizes,
        fc.array(
          fc.record({
            at: fc.nat(),
            remove: fc.nat({ max: 3 }),
            add: fc.array(noise, { maxLength: 2 }),
          }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        ({ names, text }, chunks, changes) => {
          const bytes = [...Buffer.from(text)];
          for (const { at, remove, add } of changes) {
            bytes.splice(at % (bytes.length + 1), remove, ...add);
          }
          const rebuilt = rebuild(Uint8Array.from(bytes), names, chunks);
          const whole = parse(Uint8Array.from(bytes));
          expect(rebuilt === undefined ? whole : rebuilt).toEqual(whole);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are not JSON for any truncation', () => {
    fc.assert(
      fc.property(document, sizes, fc.nat(), ({ names, text }, chunks, at) => {
        const bytes = Buffer.from(text.trimEnd());
        const cutOff = bytes.subarray(0, at % bytes.length);
        expect(rebuild(cutOff, names, chunks)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
