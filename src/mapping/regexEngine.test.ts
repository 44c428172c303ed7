import fc from 'fast-check';
import { LinearRegex } from './regexEngine';

type Engine = Pick<RegExp, 'exec' | 'lastIndex'>;

/** All matches as JSONata reads them; it stops at one that is empty. */
function matchesOf(engine: Engine, text: string) {
  const matches: { index: number; groups: unknown[] }[] = [];
  for (
    let match = engine.exec(text);
    match && match[0] !== '';
    match = engine.exec(text)
  ) {
    matches.push({ index: match.index, groups: [...match] });
  }
  return matches;
}

describe('LinearRegex', () => {
  it('finds the same as a global RegExp', () => {
    const patterns = fc.constantFrom(
      /a/g,
      /^a/g,
      /^a/gm,
      /b$/gim,
      /(a)|(b)/g,
      /[^a]+/g,
      /(a+)(b*)/gi,
      /\w+\s?/g,
      /\ba/g,
      /(?:ab){2,}/g,
      /(?<first>a)b?/g,
      /a\/b|\./g,
      /é|😀/g,
    );
    const texts = fc
      .array(fc.constantFrom('a', 'b', 'A', 'B', ' ', '\n', '/', 'é', '😀'))
      .map(units => units.join(''));

    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(matchesOf(new LinearRegex(pattern), text)).toEqual(
          matchesOf(new RegExp(pattern), text),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('begins at lastIndex and goes back to the start without a match', () => {
    const regex = new LinearRegex(/a/g);
    regex.lastIndex = 1;

    expect(regex.exec('aba')?.index).toBe(2);
    expect(regex.lastIndex).toBe(3);
    expect(regex.exec('aba')).toBeNull();
    expect(regex.lastIndex).toBe(0);
  });

  it('finds nothing after the end of a text', () => {
    const regex = new LinearRegex(/a/g);
    regex.lastIndex = 9;
    expect(regex.exec('a')).toBeNull();
    expect(regex.lastIndex).toBe(0);
  });

  it('ends where backtracking would take forever', () => {
    const regex = new LinearRegex(/^(a+)+$/g);
    expect(regex.exec(`${'a'.repeat(50_000)}!`)).toBeNull();
  });

  it('takes texts of up to 100,000 characters', () => {
    const regex = new LinearRegex(/b/g);
    expect(regex.exec('a'.repeat(100_000))).toBeNull();
    expect(() => regex.exec('a'.repeat(100_001))).toThrow(
      'the regular expression /b/ takes a text of at most 100000 characters, not of 100001; shorten the text first',
    );
  });

  it.each([/a(?=b)/g, /(?<!a)b/g, /(a)\1/g])(
    'refuses %s, with the reason',
    pattern => {
      expect(() => new LinearRegex(pattern)).toThrow(
        `the regular expression /${pattern.source}/ is not supported`,
      );
      expect(() => new LinearRegex(pattern)).toThrow(
        'look-ahead, look-behind and back-references cannot be used',
      );
    },
  );
});
