import fc from 'fast-check';
import jsonata from 'jsonata';
import { pad } from './pad';

describe('pad', () => {
  it('gives what the built-in function gives', async () => {
    const builtIn = jsonata('$pad(text, width, fill)');
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -30, max: 30 }),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
        async (text, width, fill) => {
          expect(pad(text, width, fill)).toBe(
            await builtIn.evaluate({ text, width, fill }),
          );
        },
      ),
    );
  });

  it.each([2e8, -2e8, 1e300])('refuses to pad to %p', width => {
    expect(() => pad('x', width)).toThrow('is over the limit, 10000');
  });

  it('gives nothing for nothing', () => {
    expect(pad(undefined, 3)).toBeUndefined();
  });
});
