import fc from 'fast-check';
import type { Problem } from '../../lib/problem';
import type { ObservedRecord } from '../planTypes';
import { dependsOn, mapped, refOf, world } from './__testUtils__/world';
import { checkCycles } from './checkCycles';

const check = (
  before: ReturnType<typeof world>,
  observed: ObservedRecord[],
  more: Partial<Parameters<typeof checkCycles>[0]> = {},
) =>
  checkCycles({
    source: 'registry',
    policy: 'report',
    observed,
    open: [],
    signal: new AbortController().signal,
    ...before,
    ...more,
  });

const openAt = (name: string): Problem => ({
  code: 'relation-cycle',
  severity: 'warning',
  recordId: name,
  entityRef: refOf(name),
  message: '',
});

const places = (problems: Problem[]) =>
  problems.map(({ recordId, path }) => `${recordId} ${path}`).sort();

const refused = (observed: ObservedRecord[]) =>
  observed
    .filter(({ outcome }) => outcome.type === 'invalid')
    .map(({ recordId }) => recordId);

describe('checkCycles', () => {
  it('reports each record that gives a part of a cycle, with the whole way', async () => {
    const observed = [
      mapped('a', dependsOn('x', 'b')),
      mapped('b', dependsOn('a')),
      mapped('c', dependsOn('a')),
    ];
    const outcome = await check(world({}), observed);

    expect(outcome.observed).toBe(observed);
    expect(outcome.judged).toEqual(['relation-cycle']);
    expect(places(outcome.problems)).toEqual([
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
        'Record "a" of source "registry": spec.dependsOn[1] of component:default/a is part of a cycle: component:default/a -> component:default/b -> component:default/a (dependsOn); take one of these relations out',
    });
  });

  it('goes through entities that were not mapped, of the source and of others', async () => {
    const before = world({ b: dependsOn('c') }, { c: ['d'], d: ['a'] });
    const { problems } = await check(before, [mapped('a', dependsOn('b'))]);

    expect(places(problems)).toEqual([
      'a spec.dependsOn[0]',
      'b spec.dependsOn[0]',
    ]);
  });

  it('sees a relation that the other side gives', async () => {
    const { problems } = await check(world({}), [
      mapped('a', { dependencyOf: [refOf('b')], dependsOn: [refOf('b')] }),
    ]);

    expect(places(problems)).toEqual([
      'a spec.dependencyOf[0]',
      'a spec.dependsOn[0]',
    ]);
  });

  it('takes what was mapped for what is there, whatever was stored', async () => {
    const before = world({ a: dependsOn('b'), b: dependsOn('a') });

    const open = [openAt('b')];
    const problemsWith = async (record: ObservedRecord) =>
      (await check(before, [record], { open })).problems;

    expect(await problemsWith(mapped('c', {}))).toHaveLength(2);
    expect(await problemsWith(mapped('a', {}))).toEqual([]);
    expect(await problemsWith(mapped('a', {}, ['renamed']))).toEqual([]);
  });

  it('keeps telling of a cycle until it is gone, though no record changed', async () => {
    const open = [openAt('a')];
    const still = world({ a: dependsOn('b') }, { b: ['a'] });

    expect(places((await check(still, [], { open })).problems)).toEqual([
      'a spec.dependsOn[0]',
    ]);
    const gone = world({ a: dependsOn('b') });
    expect((await check(gone, [], { open })).problems).toEqual([]);
    expect((await check(still, [])).problems).toEqual([]);
  });

  it('asks for nothing where all is in the run, and once for what is not', async () => {
    const many = Array.from({ length: 3000 }, (_, i) =>
      mapped(`n${i}`, dependsOn(`n${i + 1}`, 'shared')),
    );
    const before = world({});
    await check(before, many, { policy: 'reject' });

    expect(before.asked.flat().sort()).toEqual(
      [refOf('n3000'), refOf('shared')].sort(),
    );
  });

  it('gives up after so many entities, and says so', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`n${i}`, [`n${i + 1}`]]),
    );
    const { observed, problems, judged } = await check(
      world({}, chain),
      [mapped('a', dependsOn('n0', 'a'))],
      { mostRefs: 10, policy: 'reject' },
    );

    expect(refused(observed)).toEqual(['a']);
    expect(problems).toEqual([
      {
        code: 'relation-cycle',
        severity: 'warning',
        message: expect.stringContaining('more entities than are looked at'),
      },
    ]);
    expect(judged).toEqual([]);
  });

  it('leaves all alone where cycles are ignored, and forgets what was told', async () => {
    const observed = [mapped('a', dependsOn('a'))];
    expect(await check(world({}), observed, { policy: 'ignore' })).toEqual({
      observed,
      problems: [],
      judged: ['relation-cycle'],
    });
  });

  it('cuts the way round a long cycle short', async () => {
    const ring = Array.from({ length: 200 }, (_, i) =>
      mapped(`n${i}`, dependsOn(`n${(i + 1) % 200}`)),
    );
    const { problems } = await check(world({}), ring);

    expect(problems).toHaveLength(200);
    expect(problems[0].message).toContain('… 151 more …');
    expect(problems[0].message.length).toBeLessThan(2000);
  });

  it('stops when the run is aborted', async () => {
    const signal = AbortSignal.abort(new Error('over'));
    await expect(
      check(world({}), [mapped('a', dependsOn('b'))], { signal }),
    ).rejects.toThrow('over');
  });

  describe('where cycles are rejected', () => {
    const reject = (
      before: ReturnType<typeof world>,
      observed: ObservedRecord[],
      open: Problem[] = [],
    ) => check(before, observed, { policy: 'reject', open });

    it('refuses the record that closes one, with the way, and no other', async () => {
      const before = world({ a: {}, b: dependsOn('a') });
      const { observed, problems } = await reject(before, [
        mapped('a', dependsOn('b')),
        mapped('c', dependsOn('a')),
      ]);

      expect(refused(observed)).toEqual(['a']);
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

    it('refuses new records that close one between them', async () => {
      const { observed } = await reject(world({}), [
        mapped('a', dependsOn('b')),
        mapped('b', dependsOn('a')),
        mapped('c', dependsOn('c')),
        mapped('d', dependsOn('a', 'missing')),
      ]);
      expect(refused(observed)).toEqual(['a', 'b', 'c']);
    });

    it('reports a cycle that was there before, and refuses nobody for it', async () => {
      const before = world({ a: dependsOn('b'), b: dependsOn('a') });
      const again = [mapped('a', { ...dependsOn('b'), type: 'new' })];
      const { observed, problems } = await check(before, again, {
        policy: 'reject',
        open: [openAt('a')],
      });

      expect(refused(observed)).toEqual([]);
      expect(problems).toHaveLength(2);
    });

    it('refuses a way round that is new beside one that was there', async () => {
      const before = world({
        a: dependsOn('b'),
        b: dependsOn('a'),
        c: dependsOn('a'),
      });
      const { observed } = await reject(before, [
        mapped('a', dependsOn('b', 'c')),
      ]);
      expect(refused(observed)).toEqual(['a']);
    });

    it('goes on where what a refused record gave before closes another', async () => {
      const before = world({ a: dependsOn('b'), b: {} });
      const { observed } = await reject(before, [
        mapped('a', dependsOn('a')),
        mapped('b', dependsOn('a')),
      ]);
      expect(refused(observed)).toEqual(['a', 'b']);
    });

    it('keeps the warnings of a record that it refuses', async () => {
      const record = mapped('a', dependsOn('a'));
      const warning = { ...openAt('a'), code: 'ref-taken-over' as const };
      const { observed } = await reject(world({}), [
        { ...record, outcome: { ...record.outcome, problems: [warning] } },
      ] as ObservedRecord[]);
      expect(observed[0].outcome).toMatchObject({
        problems: [warning, { code: 'relation-cycle' }],
      });
    });

    it('never lets a relation pass that closes a cycle, and refuses none without cause', async () => {
      const name = fc.constantFrom(...'abcdef');
      const specs = fc.dictionary(name, fc.uniqueArray(name, { maxLength: 3 }));
      await fc.assert(
        fc.asyncProperty(specs, specs, async (before, changes) => {
          const stored = Object.fromEntries(
            Object.entries(before).map(([n, deps]) => [n, dependsOn(...deps)]),
          );
          const { observed, problems } = await reject(
            world(stored),
            Object.entries(changes).map(([n, deps]) =>
              mapped(n, dependsOn(...deps)),
            ),
          );
          const out = new Set(refused(observed));
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
            expect(message).toContain(`${path} of ${refOf(recordId!)}`);
          }
        }),
        { numRuns: 500 },
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
