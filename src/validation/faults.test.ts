import { keysOfPointer, pathOfKeys } from './faults';

describe('keysOfPointer', () => {
  it('reads escaped keys, and none for the root', () => {
    expect(keysOfPointer('/metadata/a~1b~0c')).toEqual(['metadata', 'a/b~c']);
    expect(keysOfPointer('')).toEqual([]);
  });
});

describe('pathOfKeys', () => {
  it('writes a path as a template would', () => {
    expect(pathOfKeys(['metadata', 'links', '0', 'url'])).toBe(
      'metadata.links[0].url',
    );
    expect(pathOfKeys(['metadata', 'annotations', 'custom/a'])).toBe(
      'metadata.annotations["custom/a"]',
    );
  });
});
