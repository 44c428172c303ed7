import fc from 'fast-check';
import { CYCLE_RELATIONS, type CycleRelation } from '../../lib/problem';
import { findCycles } from './findCycles';

type Edge = [source: string, type: CycleRelation, target: string];

function graph(edges: Edge[]) {
  const bySource = new Map<
    string,
    Array<{ type: CycleRelation; target: string }>
  >();
  for (const [source, type, target] of edges) {
    bySource.set(source, [...(bySource.get(source) ?? []), { type, target }]);
  }
  return (ref: string) => bySource.get(ref) ?? [];
}

const find = (starts: string[], edges: Edge[]) =>
  findCycles({ starts, edgesOf: graph(edges) });

const depends = (...refs: string[]): Edge[] =>
  refs.slice(1).map((ref, index) => [refs[index], 'dependsOn', ref]);

/** Whether one reaches the other, by trying all there is. */
function reaches(from: string, to: string, edges: Edge[]): boolean {
  const reached = new Set([from]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    edges.forEach(([s, , t]) => reached.has(s) && reached.add(t));
  }
  return reached.has(to);
}

describe('findCycles', () => {
  it('gives a cycle once, from its smallest ref on', () => {
    const edges = depends('c', 'a', 'b', 'c');
    expect(find(['c'], edges)).toEqual([
      { type: 'dependsOn', refs: ['a', 'b', 'c'] },
    ]);
    expect(find(['a', 'b', 'c', 'a'], edges)).toHaveLength(1);
  });

  it('takes a ref to itself for a cycle', () => {
    expect(find(['a'], depends('a', 'a'))).toEqual([
      { type: 'dependsOn', refs: ['a'] },
    ]);
  });

  it('does not mix types', () => {
    expect(
      find(
        ['a'],
        [
          ['a', 'dependsOn', 'b'],
          ['b', 'partOf', 'a'],
        ],
      ),
    ).toEqual([]);
  });

  it('leaves out a cycle that a start only leads to', () => {
    expect(find(['a'], depends('a', 'b', 'c', 'b'))).toEqual([]);
  });

  it('stops at the limit', () => {
    const pairs = Array.from({ length: 500 }, (_, i) =>
      depends(`a${i}`, `b${i}`, `a${i}`),
    ).flat();
    const starts = pairs.map(([source]) => source);
    expect(find(starts, pairs)).toHaveLength(100);
    expect(
      findCycles({ starts, edgesOf: graph(pairs), limit: 1e6 }),
    ).toHaveLength(500);
  });

  it('walks 100,000 refs in a row, and round', () => {
    const refs = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
    const bySource = new Map(
      refs.map((ref, i) => [ref, refs[(i + 1) % refs.length]]),
    );
    const edgesOf = (ref: string) => [
      { type: 'dependsOn' as const, target: bySource.get(ref)! },
    ];
    const cycles = findCycles({ starts: refs, edgesOf });
    expect(cycles).toHaveLength(1);
    expect(cycles[0].refs).toHaveLength(100_000);

    bySource.set('n99999', 'end');
    bySource.set('end', 'n99999x');
    expect(
      findCycles({
        starts: refs,
        edgesOf: ref => (bySource.has(ref) ? edgesOf(ref) : []),
      }),
    ).toEqual([]);
  });

  it('gives cycles and no others, and each relation of a start that lies on one', () => {
    const ref = fc.constantFrom(...'abcdefg');
    const edge = fc.tuple(ref, fc.constantFrom(...CYCLE_RELATIONS), ref);
    fc.assert(
      fc.property(
        fc.array(edge, { maxLength: 20 }),
        fc.uniqueArray(ref),
        (all, starts) => {
          const covered = new Set<string>();
          const seen = new Set<string>();
          for (const { type, refs } of find(starts, all)) {
            expect(new Set(refs).size).toBe(refs.length);
            expect(refs[0]).toBe([...refs].sort()[0]);
            expect(refs.some(r => starts.includes(r))).toBe(true);
            seen.add(`${type} ${refs}`);
            refs.forEach((source, index) => {
              const target = refs[(index + 1) % refs.length];
              expect(all).toContainEqual([source, type, target]);
              covered.add(`${source} ${type} ${target}`);
            });
          }
          expect(seen.size).toBe(find(starts, all).length);
          const ofStarts = all.filter(([source]) => starts.includes(source));
          for (const [source, type, target] of ofStarts) {
            const sameType = all.filter(([, t]) => t === type);
            expect(covered.has(`${source} ${type} ${target}`)).toBe(
              reaches(target, source, sameType),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
