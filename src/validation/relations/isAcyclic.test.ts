import fc from 'fast-check';
import { components } from './components';
import { isAcyclic } from './isAcyclic';

const ref = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

describe('isAcyclic', () => {
  it('says what the strongly connected components say', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ref, ref), { maxLength: 9 }), pairs => {
        const edges = new Map<string, Array<{ target: string }>>();
        for (const [source, target] of pairs) {
          edges.set(source, [...(edges.get(source) ?? []), { target }]);
        }
        const componentOf = components(edges.keys(), source =>
          (edges.get(source) ?? []).map(({ target }) => target),
        );
        const isInCycle = pairs.some(
          ([source, target]) => componentOf(source) === componentOf(target),
        );
        expect(isAcyclic(edges)).toBe(!isInCycle);
      }),
      { numRuns: 500 },
    );
  });
});
