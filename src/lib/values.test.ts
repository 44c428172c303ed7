import { counted, describeShape, fieldPath } from './values';

describe('fieldPath', () => {
  it.each([
    ['', 'metadata', 'metadata'],
    ['metadata', 'name', 'metadata.name'],
    ['metadata.links', 0, 'metadata.links[0]'],
    ['metadata.annotations', 'custom/a', 'metadata.annotations["custom/a"]'],
    ['', 'my list', '["my list"]'],
    ['a', 'x"y', 'a["x\\"y"]'],
  ])('of %p and %p is %p', (parent, key, path) => {
    expect(fieldPath(parent, key)).toBe(path);
  });

  it.each([
    '\n',
    '\r',
    '\u001b[2J',
    '\u007f',
    '\u009b',
    '\u2028',
    '\u202e',
    '\ud800',
  ])('escapes %j in a key, which may come from a record', text => {
    expect(fieldPath('a', `k${text}`)).toMatch(/^a\["k[\x20-\x7e]+"\]$/);
    expect(describeShape({ [text]: 1 })).toMatch(/^[\x20-\x7e]+$/);
  });

  it('shortens a long key', () => {
    expect(fieldPath('a', '/'.repeat(500))).toBe(`a["${'/'.repeat(80)}"]`);
  });
});

describe('counted', () => {
  it.each([
    [0, 'record', '0 records'],
    [1, 'entity', '1 entity'],
    [2, 'entity', '2 entities'],
  ])('says %p %s as %p', (count, noun, expected) => {
    expect(counted(count, noun)).toBe(expected);
  });
});
