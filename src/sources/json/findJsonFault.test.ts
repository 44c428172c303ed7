import fc from 'fast-check';
import { findJsonFault } from './findJsonFault';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault', () => {
  it.each([
    ['', 0],
    ['   ', 3],
    ['[1,2', 4],
    ['{"a":"b', 7],
    ['{"a":"\\', 6],
    ['[1,]', 3],
    ['{"a":1,}', 7],
    ['{a:1}', 1],
    ['{"a" 1}', 5],
    ['[1 2]', 3],
    ['[1}', 2],
    ['[] []', 3],
    ['[tru]', 1],
    ['[01]', 2],
    ['["a\nb"]', 3],
    ['["\\x"]', 2],
    [']', 0],
    ['<html>', 0],
  ])('finds the fault of %j at %d', (text, position) => {
    expect(findJsonFault(text)).toBe(position);
  });

  it('is not stopped by a deep or a long text', () => {
    expect(findJsonFault('['.repeat(100_000))).toBe(100_000);
    expect(findJsonFault(`"${'\\n'.repeat(1_000_000)}`)).toBe(2_000_001);
  });

  it('finds nothing in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2), (text, indent) => {
        const formatted = JSON.stringify(JSON.parse(text), null, indent);
        expect(findJsonFault(text)).toBeUndefined();
        expect(findJsonFault(formatted)).toBeUndefined();
      }),
    );
  });

  it('agrees with JSON.parse on broken JSON', () => {
    const unit = fc.constantFrom(
      ...'{}[],:"\\ntrue01.-+eEu\n \u0000'.split(''),
    );
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.nat({ max: 2 }),
        fc.array(unit, { maxLength: 3 }),
        (text, at, removed, inserted) => {
          const start = at % (text.length + 1);
          const broken =
            text.slice(0, start) +
            inserted.join('') +
            text.slice(start + removed);
          expect(findJsonFault(broken) === undefined).toBe(isJson(broken));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
