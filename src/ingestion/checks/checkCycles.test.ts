import fc from 'fast-check';
import { describeSqlite } from '../../database/__testUtils__/describeTables';
import type { Problem } from '../../lib/problem';
import type { ObservedRecord } from '../mapRecord';
import { createWorld, dependsOn, mapped, refOf } from './__testUtils__/world';

const placesOf = (problems: Problem[]) =>
  problems.map(({ recordId, path }) => `${recordId} ${path}`).sort();

const rejectedOf = (observed: ObservedRecord[]) =>
  observed
    .filter(({ outcome }) => outcome.type === 'invalid')
    .map(({ recordId }) => recordId);

describeSqlite('checkCycles', tables => {
  const world = createWorld(tables);

  it('reports each record that gives a part of a cycle, with the whole cycle', async () => {
    const observed = [
      mapped('a', dependsOn('x', 'b')),
      mapped('b', dependsOn('a')),
      mapped('c', dependsOn('a')),
    ];
    const { check } = await world({});
    const outcome = await check(observed);

    expect(outcome.observed).toBe(observed);
    expect(placesOf(outcome.problems)).toEqual([
      'a spec.dependsOn[1]',
      'b spec.dependsOn[0]',
    ]);
    expect(outcome.problems[0]).toEqual({
      code: 'relation-cycle',
      severity: 'warning',
      recordId: 'a',
      entityRef: 'component:default/a',
      path: 'spec.dependsOn[1]',
      message:
        'Record "a" of source "registry": spec.dependsOn[1] of "component:default/a" is part of a cycle: component:default/a -> component:default/b -> component:default/a (dependsOn); remove one of these relations',
    });
  });

  it('follows relations of entities that the run did not map, of the source and of others', async () => {
    const { check } = await world({
      stored: { b: dependsOn('c') },
      others: { c: ['d'], d: ['a'] },
    });
    const { problems } = await check([mapped('a', dependsOn('b'))]);

    expect(placesOf(problems)).toEqual([
      'a spec.dependsOn[0]',
      'b spec.dependsOn[0]',
    ]);
  });

  it('follows a relation that the other side gives', async () => {
    const { check } = await world({});
    const { problems } = await check([
      mapped('a', { dependencyOf: [refOf('b')], dependsOn: [refOf('b')] }),
    ]);

    expect(placesOf(problems)).toEqual([
      'a spec.dependencyOf[0]',
      'a spec.dependsOn[0]',
    ]);
  });

  it('prefers what the run mapped to what was stored', async () => {
    const { check } = await world({
      stored: { a: dependsOn('b'), b: dependsOn('a') },
      known: ['b'],
    });
    const problemsWith = async (record: ObservedRecord) =>
      (await check([record])).problems;

    expect(await problemsWith(mapped('c', {}))).toHaveLength(2);
    expect(await problemsWith(mapped('a', {}))).toEqual([]);
    expect(await problemsWith(mapped('a', {}, ['renamed']))).toEqual([]);
    expect(await problemsWith(mapped('a', {}, []))).toEqual([]);
  });

  it('ignores what a record gave that the list lacks', async () => {
    const { check } = await world({ stored: { b: dependsOn('a') } });
    const observed = [mapped('a', dependsOn('b'))];

    expect((await check(observed)).problems).toHaveLength(2);
    expect((await check(observed, { gone: ['b'] })).problems).toEqual([]);
  });

  it('reports a known cycle until it is gone, though no record changed', async () => {
    const stored = { a: dependsOn('b') };
    const still = await world({ stored, others: { b: ['a'] }, known: ['a'] });
    const outcome = await still.recheck();
    expect(placesOf(outcome!.found)).toEqual(['a spec.dependsOn[0]']);
    expect(outcome!.isEvaluated({ code: 'relation-cycle' })).toBe(true);
    expect(outcome!.isEvaluated({ code: 'entity-invalid' })).toBe(false);

    const gone = await world({ stored, known: ['a'] });
    expect((await gone.recheck())!.found).toEqual([]);
    const unknown = await world({ stored, others: { b: ['a'] } });
    expect(await unknown.recheck()).toBeUndefined();
  });

  it('checks the known cycles of no other record in a run over a single one', async () => {
    const { check } = await world({
      stored: { a: dependsOn('b') },
      others: { b: ['a'] },
      known: ['a'],
    });
    expect((await check([], { recordId: 'c' })).problems).toEqual([]);
    expect((await check([], { recordId: 'a' })).problems).toHaveLength(1);
  });

  it('looks at all relations in a whole run, and otherwise only for new ones', async () => {
    const { check } = await world({
      stored: { a: dependsOn('b') },
      others: { b: ['a'] },
    });
    const observed = [mapped('a', dependsOn('b'))];

    expect((await check(observed)).problems).toEqual([]);
    expect((await check(observed, { reusable: false })).problems).toHaveLength(
      1,
    );
  });

  it('asks the tables once for all refs that the run did not map', async () => {
    const many = Array.from({ length: 900 }, (_, i) =>
      mapped(`n${i}`, dependsOn(`n${i + 1}`, 'shared')),
    );
    const { check, queries } = await world({}, { cycles: 'reject' });
    await check(many, { reusable: false });

    expect(queries.filter(sql => /contributions/.test(sql))).toHaveLength(1);
    expect(queries.filter(sql => /relations/.test(sql))).toHaveLength(1);
  });

  it('reports nothing where cycles are ignored', async () => {
    const observed = [mapped('a', dependsOn('a'))];
    const { check } = await world({ known: ['a'] }, { cycles: 'ignore' });
    expect(await check(observed)).toEqual({ observed, problems: [] });
  });

  it('shortens the message for a long cycle', async () => {
    const ring = Array.from({ length: 200 }, (_, i) =>
      mapped(`n${i}`, dependsOn(`n${(i + 1) % 200}`)),
    );
    const { check } = await world({});
    const { problems } = await check(ring);

    expect(problems).toHaveLength(200);
    expect(problems[0].message).toContain('… 150 more …');
    expect(problems[0].message.length).toBeLessThan(2000);
  });

  it('reports each relation of many cycles, those beyond a hundred without the whole cycle', async () => {
    const pairs = Array.from({ length: 150 }, (_, i) => [
      mapped(`a${i}`, dependsOn(`b${i}`)),
      mapped(`b${i}`, dependsOn(`a${i}`)),
    ]).flat();
    const { check } = await world({});
    const { problems } = await check(pairs);

    const short = problems.filter(({ message }) => /and back/.test(message));
    expect([problems.length, short.length]).toEqual([300, 100]);
    expect(short[0].message).toContain(
      'is part of a cycle: from component:default/a100 to component:default/b100 and back (dependsOn); remove',
    );
  });

  it('stops when the run is aborted', async () => {
    const signal = AbortSignal.abort(new Error('over'));
    const { check } = await world({});
    await expect(
      check([mapped('a', dependsOn('b'))], { signal }),
    ).rejects.toThrow('over');
  });

  describe('where cycles are rejected', () => {
    const reject = { cycles: 'reject' } as const;

    it('rejects the record that closes one, with the cycle, and no other', async () => {
      const { check } = await world(
        { stored: { a: {}, b: dependsOn('a') } },
        reject,
      );
      const { observed, problems } = await check([
        mapped('a', dependsOn('b')),
        mapped('c', dependsOn('a')),
      ]);

      expect(rejectedOf(observed)).toEqual(['a']);
      expect(problems).toEqual([]);
      expect(observed[0].outcome).toEqual({
        type: 'invalid',
        problems: [
          expect.objectContaining({
            code: 'relation-cycle',
            severity: 'error',
            path: 'spec.dependsOn[0]',
            message: expect.stringContaining(
              'component:default/a -> component:default/b -> component:default/a (dependsOn); the record keeps its last good version',
            ),
          }),
        ],
      });
    });

    it('rejects new records that close one together', async () => {
      const { check } = await world({}, reject);
      const { observed } = await check([
        mapped('a', dependsOn('b')),
        mapped('b', dependsOn('a')),
        mapped('c', dependsOn('c')),
        mapped('d', dependsOn('a', 'missing')),
      ]);
      expect(rejectedOf(observed)).toEqual(['a', 'b', 'c']);
    });

    it('reports a cycle that was there before, and rejects nobody for it', async () => {
      const { check } = await world(
        { stored: { a: dependsOn('b'), b: dependsOn('a') }, known: ['a'] },
        reject,
      );
      const { observed, problems } = await check([
        mapped('a', { ...dependsOn('b'), type: 'new' }),
      ]);

      expect(rejectedOf(observed)).toEqual([]);
      expect(problems.map(({ severity }) => severity)).toEqual([
        'warning',
        'warning',
      ]);
    });

    it('accepts a dependency that changes its direction', async () => {
      const { check } = await world(
        { stored: { a: dependsOn('b'), b: {} } },
        reject,
      );
      const { observed, problems } = await check([
        mapped('a', {}),
        mapped('b', dependsOn('a')),
      ]);
      expect([rejectedOf(observed), problems]).toEqual([[], []]);
    });

    it('rejects a new cycle through the entities of a known one', async () => {
      const { check } = await world(
        {
          stored: {
            a: dependsOn('b'),
            b: dependsOn('a'),
            c: dependsOn('a'),
          },
        },
        reject,
      );
      const { observed } = await check([mapped('a', dependsOn('b', 'c'))]);
      expect(rejectedOf(observed)).toEqual(['a']);
    });

    it('rejects another record if the last good version of a rejected one closes a cycle', async () => {
      const { check } = await world(
        { stored: { a: dependsOn('b'), b: {} } },
        reject,
      );
      const { observed } = await check([
        mapped('a', dependsOn('a')),
        mapped('b', dependsOn('a')),
      ]);
      expect(rejectedOf(observed)).toEqual(['a', 'b']);
    });

    it('keeps the warnings of a record that it rejects', async () => {
      const record = mapped('a', dependsOn('a'));
      const warning: Problem = {
        code: 'ref-taken-over',
        severity: 'warning',
        message: '',
      };
      const { check } = await world({}, reject);
      const { observed } = await check([
        { ...record, outcome: { ...record.outcome, problems: [warning] } },
      ] as ObservedRecord[]);
      expect(observed[0].outcome).toMatchObject({
        problems: [warning, { code: 'relation-cycle' }],
      });
    });

    it('never accepts a relation that closes a cycle, and rejects none without cause', async () => {
      const name = fc.constantFrom(...'abcdef');
      const specs = fc.dictionary(name, fc.uniqueArray(name, { maxLength: 3 }));
      await fc.assert(
        fc.asyncProperty(specs, specs, async (before, changes) => {
          const stored = Object.fromEntries(
            Object.entries(before).map(([n, deps]) => [n, dependsOn(...deps)]),
          );
          const { check } = await world({ stored }, reject);
          const { observed, problems } = await check(
            Object.entries(changes).map(([n, deps]) =>
              mapped(n, dependsOn(...deps)),
            ),
          );
          const out = new Set(rejectedOf(observed));
          const after = (without: ReadonlySet<string>) => ({
            ...before,
            ...Object.fromEntries(
              Object.entries(changes).filter(([n]) => !without.has(n)),
            ),
          });
          const isNewOnCycle = (graph: typeof before) =>
            Object.entries(graph).some(([n, deps]) =>
              deps.some(d => !before[n]?.includes(d) && reaches(graph, d, n)),
            );
          expect(isNewOnCycle(after(out))).toBe(false);
          expect(out.size > 0).toBe(isNewOnCycle(after(new Set())));
          for (const { recordId, path, message } of problems) {
            expect(message).toContain(`${path} of "${refOf(recordId!)}"`);
          }
        }),
        { numRuns: 200 },
      );
    });
  });
});

function reaches(
  graph: Record<string, string[]>,
  from: string,
  to: string,
): boolean {
  const reached = new Set([from]);
  reached.forEach(name => graph[name]?.forEach(next => reached.add(next)));
  return reached.has(to);
}
