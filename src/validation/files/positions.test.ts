import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { fieldPath } from '../../lib/values';
import { createPositions, keysOfPath, offsetOf } from './positions';

describe('keysOfPath', () => {
  it('reads what fieldPath writes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ maxLength: 60 }), fc.nat())),
        keys => {
          const path = keys.reduce<string>(fieldPath, '');
          expect(keysOfPath(path)).toEqual(keys);
        },
      ),
    );
  });
});

describe('offsetOf', () => {
  it.each([
    ['spec.owner', 'team-a'],
    ['spec.tags[1]', 'two'],
    ['spec.tags', 'tags'],
    ['spec.tags[5]', 'tags'],
    ['spec.missing.too', 'spec'],
    ['"a.b/c".x', 'first'],
    ['["a.b/c"].x', '7'],
    ['copy.owner', 'team-a'],
    ['', 'first'],
  ])('shows %s at what is there of it', (path, expected) => {
    const text =
      'first: 1\nspec: &s\n  owner: team-a\n  tags: [one, two]\na.b/c: { x: 7 }\ncopy: *s\n';
    const offset = offsetOf(parseDocument(text), { path });
    expect(text.slice(offset).startsWith(expected)).toBe(true);
  });
});

describe('createPositions', () => {
  it('counts lines and columns from 1, whatever ends a line', () => {
    const at = createPositions('a\r\nbc\n');
    expect([0, 3, 4, 6, 99].map(at)).toEqual([
      { line: 1, column: 1, source: 'a' },
      { line: 2, column: 1, source: 'bc' },
      { line: 2, column: 2, source: 'bc' },
      { line: 3, column: 1, source: '' },
      { line: 3, column: 1, source: '' },
    ]);
  });
});
