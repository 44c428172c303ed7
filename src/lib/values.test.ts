import { fieldPath } from './values';

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

  it('shortens a long key', () => {
    expect(fieldPath('a', '/'.repeat(500))).toBe(`a["${'/'.repeat(80)}"]`);
  });
});
