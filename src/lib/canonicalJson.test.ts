import fc from 'fast-check';
import { canonicalJson } from './canonicalJson';

/** The same members in the opposite order, at every depth. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map(reversed)
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, reversed(member)]),
      );
}

/** JSON with sorted keys, written out. Integer keys come first, as in every object. */
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(written).join()}]`;
  }
  const isIndex = (key: string) =>
    /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
  const members = value as Record<string, unknown>;
  const indices = Object.keys(members).filter(isIndex);
  const others = Object.keys(members).filter(key => !isIndex(key));
  return `{${[
    ...indices.sort((a, b) => Number(a) - Number(b)),
    ...others.sort(),
  ]
    .map(key => `${JSON.stringify(key)}:${written(members[key])}`)
    .join()}}`;
}

const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '10', '9', '01', 'é', '😀'),
  fc.string(),
);
const { json } = fc.letrec(tie => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 0, noUnicodeString: false }),
    fc.array(tie('json'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('json')), { maxLength: 6 })
      .map(entries => Object.fromEntries(entries)),
  ),
}));

describe('canonicalJson', () => {
  it('gives equal values the same text, and loses nothing of them', () => {
    fc.assert(
      fc.property(json, value => {
        const text = canonicalJson(value);
        expect(text).toBe(written(value));
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [{ b: [{ d: 1, c: 2 }], a: null }, '{"a":null,"b":[{"c":2,"d":1}]}'],
    [{ a: 1, 10: 2, 9: 3 }, '{"9":3,"10":2,"a":1}'],
    [{ b: undefined, a: [undefined] }, '{"a":[null]}'],
    [
      JSON.parse('{"z":1,"__proto__":{"b":1,"a":2}}'),
      '{"__proto__":{"a":2,"b":1},"z":1}',
    ],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('changes nothing of what it is given', () => {
    const value = { b: 1, a: [{ d: 1, c: 2 }] };
    const before = JSON.stringify(value);
    canonicalJson(value);
    expect(JSON.stringify(value)).toBe(before);
  });
});
