import jsonata from 'jsonata';
import { toJson } from './toJson';

describe('toJson', () => {
  it('leaves out the properties that JSONata hides in its arrays', async () => {
    const sequence = await jsonata('a.b').evaluate({ a: [{ b: 1 }, { b: 2 }] });
    expect(Object.keys(sequence)).toContain('sequence');

    expect(Object.keys(toJson(sequence) as object)).toEqual(['0', '1']);
  });

  it('shares nothing with what it copies', () => {
    const original = { list: [{ a: 1 }] };
    const copy = toJson(original) as typeof original;

    expect(copy).toEqual(original);
    expect(copy.list).not.toBe(original.list);
    expect(copy.list[0]).not.toBe(original.list[0]);
  });

  it('leaves out undefined and keeps null', () => {
    const copy = toJson({ a: undefined, b: null, c: [undefined, null] });
    expect(Object.keys(copy as object)).toEqual(['b', 'c']);
    expect(copy).toEqual({ b: null, c: [null] });
  });

  it('gives plain objects for objects without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(Object.getPrototypeOf(toJson(bare))).toBe(Object.prototype);
  });

  it('leaves out a key that would become the prototype', () => {
    const copy = toJson(JSON.parse('{"__proto__":{"admin":true},"a":1}'));
    expect(copy).toStrictEqual({ a: 1 });
    expect((copy as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    [[NaN], 'the result holds NaN, which is not a finite number'],
    [{ a: Infinity }, 'the result holds Infinity'],
    [{ a: () => 1 }, 'the result holds a function'],
    [{ _jsonata_lambda: true }, 'the result holds a function'],
    [{ _jsonata_function: true }, 'the result holds a function'],
    [BigInt(1), 'the result holds a bigint'],
  ])('refuses %p', (value, message) => {
    expect(() => toJson(value)).toThrow(message);
  });
});
