import fc from 'fast-check';
import { CYCLE_RELATIONS, type CycleRelation } from '../lib/problem';
import { edgeKey, edgesOnCycles, shortestCycles } from './findCycles';

type Edge = [source: string, type: CycleRelation, target: string];

const toEdges = (edges: Edge[]) =>
  edges.map(([source, type, target]) => ({ source, type, target }));

const depends = (...refs: string[]) =>
  toEdges(refs.slice(1).map((ref, i) => [refs[i], 'dependsOn', ref]));

const cyclesOf = (edges: ReturnType<typeof toEdges>) => {
  const onCycles = edgesOnCycles(edges);
  return [...new Set(shortestCycles(onCycles, onCycles).values())];
};

/** Whether one reaches the other, by trying all there is. */
function reaches(from: string, to: string, edges: Edge[]): boolean {
  const reached = new Set([from]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    edges.forEach(([s, , t]) => reached.has(s) && reached.add(t));
  }
  return reached.has(to);
}

describe('edgesOnCycles and shortestCycles', () => {
  it('give a cycle once, from its smallest ref on', () => {
    expect(cyclesOf(depends('c', 'a', 'b', 'c'))).toEqual([['a', 'b', 'c']]);
  });

  it('take a relation to oneself for a cycle', () => {
    expect(cyclesOf(depends('a', 'a'))).toEqual([['a']]);
  });

  it('do not mix types', () => {
    expect(
      edgesOnCycles(
        toEdges([
          ['a', 'dependsOn', 'b'],
          ['b', 'partOf', 'a'],
        ]),
      ),
    ).toEqual([]);
  });

  it('leave out a relation that only leads to a cycle', () => {
    expect(edgesOnCycles(depends('a', 'b', 'c', 'b'))).toEqual(
      depends('b', 'c', 'b'),
    );
  });

  it('search for a hundred cycles at most', () => {
    const pairs = Array.from({ length: 500 }, (_, i) =>
      depends(`a${i}`, `b${i}`, `a${i}`),
    ).flat();
    expect(edgesOnCycles(pairs)).toHaveLength(1000);
    expect(cyclesOf(pairs)).toHaveLength(100);
  });

  it('follow 100,000 relations in a row, and in a ring', () => {
    const refs = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
    expect(edgesOnCycles(depends(...refs))).toEqual([]);

    const ring = depends(...refs, refs[0]);
    expect(edgesOnCycles(ring)).toHaveLength(100_000);
    expect(cyclesOf(ring)[0]).toHaveLength(100_000);
  });

  it('find exactly the relations on cycles, with a cycle for each', () => {
    const ref = fc.constantFrom(...'abcdefg');
    const edge = fc.tuple(ref, fc.constantFrom(...CYCLE_RELATIONS), ref);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 20 }), all => {
        const edges = toEdges(all);
        const onCycles = edgesOnCycles(edges);
        const cycles = shortestCycles(onCycles, onCycles);
        for (const [index, [source, type, target]] of all.entries()) {
          const sameType = all.filter(([, t]) => t === type);
          const isOnCycle = reaches(target, source, sameType);
          expect(onCycles.includes(edges[index])).toBe(isOnCycle);

          const refs = cycles.get(edgeKey(edges[index]));
          expect(refs !== undefined).toBe(isOnCycle);
          expect(new Set(refs).size).toBe(refs?.length ?? 0);
          expect(refs?.[0]).toBe(refs && [...refs].sort()[0]);
          refs?.forEach((from, i) =>
            expect(all).toContainEqual([
              from,
              type,
              refs[(i + 1) % refs.length],
            ]),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
