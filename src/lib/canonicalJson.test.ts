import fc from 'fast-check';
import { canonicalJson } from './canonicalJson';

/** The same members in the opposite order, at every depth. */
function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map(turned)
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, turned(member)]),
      );
}

describe('canonicalJson', () => {
  it('gives equal values the same text, and loses nothing of them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const text = canonicalJson(value);
        expect(canonicalJson(turned(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('orders members by their keys, however many there are', () => {
    const many = Array.from({ length: 60 }, (_, i) => [`k${(i * 37) % 60}`, i]);
    const keys = Object.keys(
      JSON.parse(canonicalJson(Object.fromEntries(many))),
    );
    expect(keys).toEqual([...keys].sort());
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(
      '{"a":null,"b":[{"c":2,"d":1}]}',
    );
  });

  it('keeps a member that is called like what every object inherits', () => {
    const value = JSON.parse('{"z":1,"__proto__":{"b":1,"a":2}}');
    expect(canonicalJson(value)).toBe('{"__proto__":{"a":2,"b":1},"z":1}');
  });

  it('changes nothing of what it is given', () => {
    const value = { b: 1, a: [{ d: 1, c: 2 }] };
    const before = JSON.stringify(value);
    canonicalJson(value);
    expect(JSON.stringify(value)).toBe(before);
  });
});
