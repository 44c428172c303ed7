import fc from 'fast-check';
import { exceedsDepth } from './exceedsDepth';

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;
}

describe('exceedsDepth', () => {
  it('counts as deep as the value is', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const depth = depthOf(JSON.parse(text));
        expect(exceedsDepth(text, depth)).toBe(false);
        expect(exceedsDepth(text, depth - 1)).toBe(depth > 0);
      }),
    );
  });

  it.each(['["[[[["]', '["\\"[[["]', '["\\\\","[[["]', '{"[[[":"{{{"}'])(
    'does not count brackets inside the strings of %s',
    text => {
      expect(exceedsDepth(text, 1)).toBe(false);
    },
  );

  it('goes down again after each array', () => {
    expect(exceedsDepth('[[],[],[{}],[]]', 3)).toBe(false);
    expect(exceedsDepth('[[],[],[{}],[]]', 2)).toBe(true);
  });

  it('is not stopped by an unfinished text', () => {
    expect(exceedsDepth('["abc', 1)).toBe(false);
    expect(exceedsDepth('["abc\\', 1)).toBe(false);
    expect(exceedsDepth('['.repeat(100_000), 200_000)).toBe(false);
  });
});
