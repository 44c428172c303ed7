import fc from 'fast-check';
import type {
  Contribution,
  StoredContribution,
  StoredRecord,
  StoredRecords,
} from './database/records';
import { changeKey, type FieldChange } from './database/plans';
import { counted } from '../lib/values';
import { planSync } from './planSync';
import type { ObservedRecord } from './mapRecord';
import { doneRefs, type PlanInput, type SyncPlan } from './plan';

fc.configureGlobal({ numRuns: 300 });

const T1 = new Date('2026-01-01T00:00:00.000Z');
const T2 = new Date('2026-01-02T00:00:00.000Z');

function contribution(
  recordId: string,
  name: string,
  hash: string,
): Contribution {
  return {
    recordId,
    entityRef: `component:default/${name}`,
    entity: JSON.stringify({ name, hash }),
    hash,
  };
}

function mapped(recordId: string, names: string[], hash: string) {
  return {
    recordId,
    rawHash: hash,
    outcome: {
      type: 'mapped',
      contributions: names.map(name => contribution(recordId, name, hash)),
    },
  } satisfies ObservedRecord;
}

function invalid(recordId: string): ObservedRecord {
  return {
    recordId,
    rawHash: 'broken',
    outcome: {
      type: 'invalid',
      problems: [
        {
          code: 'entity-invalid',
          severity: 'error',
          recordId,
          message: 'no name',
        },
      ],
    },
  };
}

function unchanged(recordId: string, rawHash: string): ObservedRecord {
  return { recordId, rawHash, outcome: { type: 'unchanged' } };
}

const nothing = (): StoredRecords => ({
  records: new Map(),
  contributions: new Map(),
});

/** What the tables hold once a plan was carried out. */
function carryOut(stored: StoredRecords, result: SyncPlan): StoredRecords {
  const records = new Map<string, StoredRecord>(stored.records);
  const all = new Map<string, StoredContribution>();
  const key = (c: { recordId: string; entityRef: string }) =>
    `${c.recordId} ${c.entityRef}`;
  for (const c of [...stored.contributions.values()].flat()) {
    all.set(key(c), c);
  }
  result.changes.removedContributions.forEach(c => all.delete(key(c)));
  result.changes.contributions.forEach(c => all.set(key(c), c));
  result.changes.removedRecords.forEach(id => records.delete(id));
  result.changes.records.forEach(r => records.set(r.recordId, r));
  const contributions = new Map<string, StoredContribution[]>();
  for (const c of all.values()) {
    contributions.set(c.recordId, [
      ...(contributions.get(c.recordId) ?? []),
      c,
    ]);
  }
  return { records, contributions };
}

function plan(
  stored: StoredRecords,
  observed: ObservedRecord[],
  options: Partial<PlanInput> = {},
): SyncPlan {
  return planSync({
    stored,
    observed,
    observedAt: T1,
    total: [...stored.contributions.values()].flat().length,
    recentRemovals: 0,
    listed: observed.length,
    isFiltered: false,
    unidentified: [],
    complete: true,
    foreignOwners: new Map(),
    orphans: [],
    unstablePagination: false,
    removals: { maxRatio: 0.2, minCount: 1, keep: false },
    changes: { maxRatio: 0.5, ignore: [] },
    fieldChanges: { byRef: new Map(), givingRecords: 0, heldRefs: new Set() },
    approved: new Set(),
    ...options,
  });
}

function storedWith(...observed: ObservedRecord[]): StoredRecords {
  return carryOut(nothing(), plan(nothing(), observed));
}

const many = (count: number, prefix = 's') =>
  Array.from({ length: count }, (_, i) =>
    mapped(`r${i}`, [`${prefix}${i}`], 'h1'),
  );

const refsOf = (contributions: StoredContribution[]) =>
  contributions.map(c => c.entityRef);

const sumOf = (numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0);

const statesOf = (stored: StoredRecords, recordIds: string[]) =>
  recordIds.map(id => stored.records.get(id)?.state);

const refsBefore = (stored: StoredRecords, observed: ObservedRecord[]) =>
  observed.flatMap(r => refsOf(stored.contributions.get(r.recordId) ?? []));

describe('planSync', () => {
  it('adds what is new and changes what differs, and nothing else', () => {
    const stored = storedWith(
      mapped('a', ['a'], 'h1'),
      mapped('b', ['b'], 'h1'),
    );

    const result = plan(stored, [
      unchanged('a', 'h1'),
      mapped('b', ['b'], 'h2'),
      mapped('c', ['c'], 'h1'),
    ]);

    expect(refsOf(result.upserts)).toEqual([
      'component:default/b',
      'component:default/c',
    ]);
    expect(result.removals).toEqual([]);
    expect(result.counts).toMatchObject({ added: 1, changed: 1, removed: 0 });
  });

  it('writes nothing where nothing changed', () => {
    const stored = storedWith(...many(3));

    const result = plan(
      stored,
      many(3).map(r => unchanged(r.recordId, 'h1')),
      { observedAt: T2 },
    );

    expect(result.upserts).toEqual([]);
    expect(result.changes).toEqual({
      records: [],
      removedRecords: [],
      contributions: [],
      removedContributions: [],
    });
  });

  it('removes ten of 136 and holds a hundred', () => {
    const stored = storedWith(...many(136));

    const ten = plan(stored, many(136).slice(10));
    const hundred = plan(stored, many(136).slice(100));

    expect(ten.removals).toHaveLength(10);
    expect(ten.held).toBeUndefined();
    expect(hundred.removals).toEqual([]);
    expect(hundred.held?.refs).toHaveLength(100);
    expect(hundred.held?.reason).toContain('100 of 136 entities');
    expect(hundred.stable).toBe(false);
  });

  it.each([1, 2, 5, 30])(
    'never removes all of %d entities at once, whatever its limits say',
    count => {
      const stored = storedWith(...many(count));
      const removals = { maxRatio: 1, minCount: 100, keep: false };
      const none = many(count).map(r => mapped(r.recordId, [], 'h2'));

      const renamed = plan(stored, many(count, 'renamed'), { removals });
      const filtered = plan(stored, none, { removals, isFiltered: true });

      expect(renamed.removals).toEqual([]);
      expect(filtered.removals).toEqual([]);
      const [entities, records] = ['entity', 'record'].map(noun =>
        counted(count, noun),
      );
      expect(filtered.held?.reason).toBe(
        `${count} of ${entities} would be removed: ${records} came, 0 passed \`when\``,
      );
    },
  );

  it.each([
    [5, 4],
    [8, 7],
    [10, 8],
    [30, 24],
  ])('of %d entities keeps at least %d', (count, least) => {
    const stored = storedWith(...many(count));

    const within = plan(stored, many(least));
    const beyond = plan(stored, many(least - 1));

    expect(within.removals).toHaveLength(count - least);
    expect(beyond.removals).toEqual([]);
  });

  it('counts what was removed in the 24 hours before', () => {
    const stored = storedWith(...many(810));

    const within = plan(stored, many(800), { recentRemovals: 190 });
    const beyond = plan(stored, many(799), { recentRemovals: 190 });

    expect(within.removals).toHaveLength(10);
    expect(beyond.removals).toEqual([]);
    expect(beyond.held?.reason).toContain(
      '11 of 810 entities would be removed and 190 were removed in the 24 hours before, at most 200 may be',
    );
  });

  it('lets changes through while removals are held', () => {
    const stored = storedWith(...many(20));

    const result = plan(stored, [
      mapped('r0', ['s0'], 'h2'),
      mapped('new', ['new'], 'h1'),
    ]);

    expect(result.held?.refs).toHaveLength(19);
    expect(refsOf(result.upserts)).toEqual([
      'component:default/s0',
      'component:default/new',
    ]);
  });

  it('holds an empty answer however few entities there are', () => {
    const result = plan(storedWith(...many(2)), []);

    expect(result.removals).toEqual([]);
    expect(result.held?.reason).toContain('empty list');
  });

  it('forgets a held removal once the records are back', () => {
    const stored = storedWith(...many(30));
    const after = carryOut(stored, plan(stored, many(1)));
    expect(after.records.get('r5')).toMatchObject({ state: 'missing' });

    const result = plan(after, many(30));

    expect(result.held).toBeUndefined();
    expect(result.upserts).toEqual([]);
    expect(carryOut(after, result).records.get('r5')).toMatchObject({
      state: 'seen',
      rawHash: 'h1',
    });
  });

  it('holds removals on each run', () => {
    const stored = storedWith(...many(30));
    const after = carryOut(stored, plan(stored, many(1)));

    expect(plan(after, many(1)).held?.refs).toHaveLength(29);
  });

  it('removes nothing that an incomplete list lacks', () => {
    const result = plan(storedWith(...many(10)), many(1), { complete: false });

    expect(result.removals).toEqual([]);
    expect(result.held).toBeUndefined();
    expect(result.changes.removedRecords).toEqual([]);
    expect(result.stable).toBe(false);
  });

  it('keeps the last good entities of a record that became invalid', () => {
    const stored = storedWith(mapped('a', ['a'], 'h1'));

    const result = plan(stored, [invalid('a')]);

    expect(result.removals).toEqual([]);
    expect(result.upserts).toEqual([]);
    expect(result.problems).toHaveLength(1);
    expect(carryOut(stored, result).contributions).toEqual(
      stored.contributions,
    );
  });

  it('applies a rename as a pair', () => {
    const stored = storedWith(...many(10));

    const result = plan(stored, [
      mapped('r0', ['renamed'], 'h2'),
      ...many(10).slice(1),
    ]);

    expect(refsOf(result.upserts)).toEqual(['component:default/renamed']);
    expect(result.removals).toEqual(['component:default/s0']);
  });

  it('holds renames as pairs where there are too many, and tries them again', () => {
    const stored = storedWith(...many(30));

    const result = plan(stored, many(30, 'renamed'));
    const after = carryOut(stored, result);

    expect(result.upserts).toEqual([]);
    expect(result.held?.refs).toHaveLength(30);
    expect(after.contributions).toEqual(stored.contributions);
    // Whoever compares hashes must not take the records for unchanged.
    expect([...after.records.values()].map(r => r.rawHash)).not.toContain('h1');
  });

  it('hands a ref over where a record comes back under another id', () => {
    const stored = storedWith(...many(2));

    const result = plan(stored, [mapped('other', ['s0'], 'h1'), many(2)[1]]);

    expect(result.removals).toEqual([]);
    expect(result.held).toBeUndefined();
    const after = carryOut(stored, result);
    expect(after.records.has('r0')).toBe(false);
    expect(after.contributions.get('other')).toHaveLength(1);
  });

  it('leaves a ref to the record that has it, and names both', () => {
    const stored = storedWith(mapped('a', ['shared'], 'h1'));

    const result = plan(stored, [
      mapped('b', ['shared'], 'h2'),
      unchanged('a', 'h1'),
    ]);

    expect(result.upserts).toEqual([]);
    expect(result.problems).toEqual([
      expect.objectContaining({
        code: 'ref-taken',
        recordId: 'b',
        message: expect.stringMatching(/record "a"/i),
      }),
    ]);
  });

  it('touches no ref that somebody else owns', () => {
    const result = plan(nothing(), [mapped('a', ['theirs'], 'h1')], {
      foreignOwners: new Map([
        ['component:default/theirs', 'location "url:https://git.example.com"'],
      ]),
    });

    expect(result.upserts).toEqual([]);
    expect(result.problems[0].message).toContain('git.example.com');
    expect(result.stable).toBe(false);
  });

  describe('of a list with unstable pagination', () => {
    const lacksTwo = many(10).slice(2);
    const next = (stored: StoredRecords, observed: ObservedRecord[]) =>
      plan(stored, observed, { unstablePagination: true });

    it('removes what two lists in a row lack', () => {
      const stored = storedWith(...many(10));
      const first = next(stored, lacksTwo);
      const after = carryOut(stored, first);

      expect(first.removals).toEqual([]);
      expect(first.held).toBeUndefined();
      expect(first.stable).toBe(false);
      expect(after.records.get('r0')).toMatchObject({ state: 'missing' });
      expect(next(after, lacksTwo).removals).toEqual([
        'component:default/s0',
        'component:default/s1',
      ]);
    });

    it('keeps what the next list has again', () => {
      const stored = storedWith(...many(10));
      const after = carryOut(stored, next(stored, lacksTwo));
      const back = carryOut(after, next(after, many(10)));

      expect(back.records.get('r0')).toMatchObject({ state: 'seen' });
      expect(next(back, lacksTwo).removals).toEqual([]);
    });

    it('guards what is gone from both lists', () => {
      const stored = storedWith(...many(30));
      const after = carryOut(stored, next(stored, many(10)));

      expect(next(after, many(10)).held?.refs).toHaveLength(20);
    });

    it('does not give the ref of an unconfirmed record to another', () => {
      const stored = storedWith(...many(2));

      const result = next(stored, [many(2)[1], mapped('new', ['s0'], 'h2')]);

      expect(result.upserts).toEqual([]);
      expect(result.problems).toHaveLength(1);
    });
  });

  describe('of what the catalog has beyond the tables', () => {
    const orphans = ['component:default/x', 'component:default/y'];

    it('removes what a whole list lacks, within the limit', () => {
      const result = plan(storedWith(...many(10)), many(10), {
        orphans,
        total: 12,
      });

      expect(result.removals).toEqual(orphans);
    });

    it('takes back what the list still has', () => {
      const result = plan(nothing(), [mapped('x', ['x'], 'h1')], {
        orphans,
        total: 2,
      });

      expect(result.removals).toEqual(['component:default/y']);
      expect(refsOf(result.upserts)).toEqual(['component:default/x']);
    });

    it('removes none while a record that is listed cannot be read', () => {
      const result = plan(nothing(), [invalid('x')], { orphans, total: 2 });

      expect(result.removals).toEqual([]);
      expect(result.held).toBeUndefined();
    });

    it.each([
      ['an empty list', { complete: true }, orphans],
      ['an incomplete one', { complete: false }, undefined],
    ])('removes nothing for %s', (_, options, held) => {
      const result = plan(nothing(), [], { ...options, orphans, total: 2 });

      expect(result.removals).toEqual([]);
      expect(result.held?.refs).toEqual(held);
    });
  });

  it('lets an older observation change nothing', () => {
    const newer = carryOut(
      nothing(),
      plan(nothing(), [mapped('a', ['a'], 'new')], { observedAt: T2 }),
    );

    const result = plan(newer, [mapped('a', ['a'], 'old')], {
      observedAt: T1,
    });
    const lacking = plan(newer, [mapped('b', ['b'], 'h')], { observedAt: T1 });

    expect(result.upserts).toEqual([]);
    expect(lacking.removals).toEqual([]);
  });

  describe('with an approval', () => {
    const refs = (...names: string[]) =>
      new Set(names.map(name => `component:default/${name}`));

    it('removes exactly what was held, an empty list or not', () => {
      const stored = storedWith(...many(30));
      const held = plan(stored, []).held!.refs;
      const after = carryOut(stored, plan(stored, []));

      const result = plan(after, [], { approved: new Set(held) });

      expect(result.removals.sort()).toEqual(held);
      expect(result.held).toBeUndefined();
      expect(carryOut(after, result)).toEqual(nothing());
    });

    it('guards what was not approved, by what is left', () => {
      const stored = storedWith(...many(40));
      const approved = new Set(plan(stored, many(20)).held!.refs);

      const within = plan(stored, many(16), { approved });
      const beyond = plan(stored, many(15), { approved });

      expect(within.removals).toHaveLength(24);
      expect(within.counts).toMatchObject({ removed: 24, approved: 20 });
      expect(within.held).toBeUndefined();
      expect(beyond.removals.sort()).toEqual([...approved]);
      expect(beyond.held?.refs).toHaveLength(5);
      expect(beyond.held?.reason).toContain('5 of 20 entities');
    });

    it('lets approved renames through as pairs', () => {
      const stored = storedWith(...many(30));
      const approved = new Set(plan(stored, many(30, 'renamed')).held!.refs);

      const result = plan(stored, many(30, 'renamed'), { approved });

      expect(result.removals).toHaveLength(30);
      expect(result.upserts).toHaveLength(30);
    });

    it('holds an approved ref together with another of its record that waits', () => {
      const stored = storedWith(mapped('a', ['x', 'y'], 'h1'));

      const result = plan(stored, [], { approved: refs('x') });

      expect(result.removals).toEqual([]);
      expect(result.held?.refs).toEqual([...refs('x', 'y')]);
    });
  });

  describe('of changes in guarded fields', () => {
    const change = (to: string) => ({
      field: 'spec.owner' as const,
      from: 'group:payments',
      to,
    });
    /** Records that change their owner, or lose it to a default, and how they do. */
    function drift(
      count: number,
      { to = 'x', isLost = false, of = count } = {},
    ) {
      const observed = many(count).map(({ recordId }) => {
        const { outcome, ...record } = mapped(
          recordId,
          [`s${recordId.slice(1)}`],
          to,
        );
        const contributions = outcome.contributions.map(c => ({
          ...c,
          unfound: isLost ? ['spec.owner' as const] : [],
        }));
        return { ...record, outcome: { ...outcome, contributions } };
      });
      const refs = observed.flatMap(r => refsOf(r.outcome.contributions));
      const byRef = new Map(refs.map(ref => [ref, [change(to)]]));
      return {
        observed,
        stored: storedWith(...many(of)),
        rest: many(of)
          .slice(count)
          .map(r => unchanged(r.recordId, 'h1')),
        fieldChanges: { byRef, givingRecords: of, heldRefs: new Set<string>() },
      };
    }
    const heldOf = (result: SyncPlan) => [
      ...(result.held?.changes.keys() ?? []),
    ];

    it('holds those of more than half of the entities, says which, and lets additions through', () => {
      const { stored, observed, fieldChanges } = drift(46, { to: 'unowned' });

      const result = plan(stored, [...observed, mapped('new', ['new'], 'h')], {
        fieldChanges,
      });
      const after = carryOut(stored, result);

      expect(refsOf(result.upserts)).toEqual(['component:default/new']);
      expect(result.counts).toMatchObject({ added: 1, changed: 0, held: 46 });
      expect(result.held).toMatchObject({
        refs: [],
        reason:
          'spec.owner of 46 of 46 entities would change; at most 23 may at once (changes.maxRatio 0.5)',
      });
      expect(result.stable).toBe(false);
      expect(after.contributions.get('r0')).toEqual(
        stored.contributions.get('r0'),
      );
      // Or the next run would take the record for unchanged.
      expect(after.records.get('r0')).toMatchObject({ rawHash: '' });
    });

    it.each([
      ['half of the entities', 23, 46, 0],
      ['more than half', 24, 46, 24],
      ['fewer than 20, although all', 19, 19, 0],
      ['20, which are all', 20, 20, 20],
    ])('holds of %s: %d of %d', (_, count, of, held) => {
      const { stored, observed, rest, fieldChanges } = drift(count, { of });

      const result = plan(stored, [...observed, ...rest], { fieldChanges });

      expect(heldOf(result)).toHaveLength(held);
      expect(result.upserts).toHaveLength(count - held);
    });

    it.each([
      ['all of 5 records', 5, 5, 5],
      ['one record of one', 1, 1, 1],
      ['4 of 5 records', 4, 5, 0],
      ['19 of 20 records', 19, 20, 19],
    ])(
      'holds where an expression lost its input in %s',
      (_, count, of, held) => {
        const { stored, observed, rest, fieldChanges } = drift(count, {
          of,
          isLost: true,
        });

        const result = plan(stored, [...observed, ...rest], { fieldChanges });

        expect(heldOf(result)).toHaveLength(held);
      },
    );

    it('holds a lost input although each record gives other entities as well', () => {
      const { stored, observed, fieldChanges } = drift(46, { isLost: true });

      const result = plan(stored, observed, { total: 3 * 46, fieldChanges });

      expect(heldOf(result)).toHaveLength(46);
      expect(result.held?.reason).toContain('is missing in 46 of 46 records');
    });

    it('holds nothing where the input never was there, and few entities change', () => {
      const { stored, observed, fieldChanges } = drift(46, { isLost: true });
      const byRef = new Map([...fieldChanges.byRef].slice(0, 6));

      const result = plan(stored, observed, {
        fieldChanges: { ...fieldChanges, byRef },
      });

      expect(result.held).toBeUndefined();
    });

    it.each([
      [
        'ignored',
        { changes: { maxRatio: 0.5, ignore: ['spec.owner' as const] } },
      ],
      ['allowed', { changes: { maxRatio: 1, ignore: [] } }],
    ])('lets a field through that is %s', (_, options) => {
      const { stored, observed, fieldChanges } = drift(46, { isLost: true });

      const result = plan(stored, observed, { fieldChanges, ...options });

      expect(result.upserts).toHaveLength(46);
    });

    it('applies exactly the changes that were approved', () => {
      const unowned = drift(46, { to: 'unowned' });
      const other = drift(46, { to: 'other' });
      const refs = [...unowned.fieldChanges.byRef.keys()];
      const approved = new Set(
        refs.map(ref => changeKey(ref, change('unowned'))),
      );

      const same = plan(unowned.stored, unowned.observed, {
        ...unowned,
        approved,
      });
      const others = plan(other.stored, other.observed, { ...other, approved });

      expect(same.upserts).toHaveLength(46);
      expect(doneRefs(same)).toEqual(refs);
      expect(others.upserts).toEqual([]);
      expect(doneRefs(others)).toEqual([]);
    });

    it('keeps what a plan holds, where not the whole list is at hand', () => {
      const { stored, observed, rest, fieldChanges } = drift(2, { of: 46 });
      const heldRefs = new Set(['component:default/s0']);
      const options = { fieldChanges: { ...fieldChanges, heldRefs } };

      const part = plan(stored, observed, { ...options, complete: false });
      const whole = plan(stored, [...observed, ...rest], options);

      expect(refsOf(part.upserts)).toEqual(['component:default/s1']);
      expect(heldOf(part)).toEqual(['component:default/s0']);
      expect(whole.upserts).toHaveLength(2);
    });

    it('keeps the record whose entity another record would give changed', () => {
      const { stored, observed, rest, fieldChanges } = drift(20, { of: 30 });
      const moved = observed.map(({ outcome, ...record }) => {
        const recordId = `new-${record.recordId}`;
        const given = outcome.contributions.map(c => ({ ...c, recordId }));
        const contributions = { ...outcome, contributions: given };
        return { ...record, recordId, outcome: contributions };
      });

      const result = plan(stored, [...moved, ...rest], {
        fieldChanges,
        removals: { maxRatio: 1, minCount: 100, keep: false },
      });

      expect(result.removals).toEqual([]);
      expect(result.upserts).toEqual([]);
    });

    it('never alters the catalog by what is held, whatever the lists were', () => {
      const owner = fc.constantFrom('a', 'b', undefined);
      const list = fc.record({
        owners: fc.array(owner, { minLength: 1, maxLength: 26 }),
        complete: fc.boolean(),
        isApproved: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(list, { maxLength: 6 }), lists => {
          let stored = nothing();
          const catalog = new Map<string, string>();
          let held = new Map<string, FieldChange[]>();
          for (const { owners, complete, isApproved } of lists) {
            const byRef = new Map<string, FieldChange[]>();
            const observed = owners.map((given, i) => {
              const to = given ?? 'unowned';
              const one = mapped(`r${i}`, [`s${i}`], to);
              const [c] = one.outcome.contributions;
              const from = catalog.get(c.entityRef);
              if (from !== undefined && from !== to) {
                byRef.set(c.entityRef, [{ field: 'spec.owner', from, to }]);
              }
              const unfound = given ? [] : ['spec.owner' as const];
              const contributions = [{ ...c, unfound }];
              return { ...one, outcome: { ...one.outcome, contributions } };
            });
            const approved = isApproved ? [...held] : [];
            const before = new Map(catalog);
            const result = plan(stored, observed, {
              complete,
              fieldChanges: {
                byRef,
                givingRecords: catalog.size,
                heldRefs: new Set(isApproved ? [] : held.keys()),
              },
              approved: new Set(
                approved.flatMap(([ref, [one]]) => changeKey(ref, one)),
              ),
            });
            result.removals.forEach(ref => catalog.delete(ref));
            result.upserts.forEach(c => catalog.set(c.entityRef, c.hash));
            stored = carryOut(stored, result);
            held = result.held?.changes ?? new Map();
            const waiting = [...held.keys()];
            expect(waiting.map(ref => catalog.get(ref))).toEqual(
              waiting.map(ref => before.get(ref)),
            );
            const changed = [...before].filter(
              ([ref, from]) => catalog.has(ref) && catalog.get(ref) !== from,
            );
            const unapproved = changed.filter(
              ([ref]) => !approved.some(([other]) => other === ref),
            );
            expect(
              unapproved.length < 20 || unapproved.length <= before.size / 2,
            ).toBe(true);
          }
        }),
      );
    });
  });

  describe('whatever the answers were', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const observedRecord = (recordId: string) =>
      fc.oneof(
        fc.constant(invalid(recordId)),
        fc
          .tuple(
            fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
            fc.constantFrom('h1', 'h2'),
          )
          .map(
            ([names, hash]): ObservedRecord => mapped(recordId, names, hash),
          ),
      );
    const answer = fc.record({
      observed: fc
        .uniqueArray(fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'))
        .chain(ids => fc.tuple(...ids.map(observedRecord)))
        .map(records => records as ObservedRecord[]),
      complete: fc.boolean(),
      approved: fc
        .subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
        .map(names => new Set(names.map(n => `component:default/${n}`))),
    });
    const answers = fc.array(answer, { minLength: 1, maxLength: 6 });
    const removals = { maxRatio: 0.2, minCount: 1, keep: false };

    it('planning again changes nothing, and where removals wait settles after some rounds', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          for (const { observed, ...options } of list) {
            const input = { ...options, removals };
            const first = plan(stored, observed, input);
            stored = carryOut(stored, first);
            // A record that waits may find its ref free in the next round.
            for (let round = 0; first.held && round < 8; round++) {
              stored = carryOut(stored, plan(stored, observed, input));
            }
            const again = plan(stored, observed, input);
            expect(again.upserts).toEqual([]);
            expect(again.removals).toEqual([]);
          }
        }),
      );
    });

    it('a run that holds removals makes only approved ones', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          for (const { observed, complete, approved } of list) {
            const result = plan(stored, observed, {
              complete,
              removals,
              approved,
            });
            const held = result.held?.refs ?? [];
            const all = refsOf([...stored.contributions.values()].flat());
            const removable = result.held
              ? all.filter(ref => approved.has(ref) && !held.includes(ref))
              : all;
            expect(removable).toEqual(expect.arrayContaining(result.removals));
            stored = carryOut(stored, result);
          }
        }),
      );
    });

    it('no run with unstable pagination removes what one list alone lacks', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          for (const { observed, complete } of list) {
            const result = plan(stored, observed, {
              complete,
              removals,
              unstablePagination: true,
            });
            const states = statesOf(stored, result.changes.removedRecords);
            expect(states.filter(state => state !== 'missing')).toEqual([]);
            stored = carryOut(stored, result);
          }
        }),
      );
    });

    it('no two records give one ref', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          for (const { observed, complete, approved } of list) {
            const result = plan(stored, observed, {
              complete,
              removals,
              approved,
            });
            stored = carryOut(stored, result);
            const refs = refsOf([...stored.contributions.values()].flat());
            expect(new Set(refs).size).toBe(refs.length);
          }
        }),
      );
    });

    it('the catalog is what the contributions say', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          const catalog = new Map<string, string>();
          for (const { observed, complete, approved } of list) {
            const result = plan(stored, observed, {
              complete,
              removals,
              approved,
            });
            result.removals.forEach(ref => catalog.delete(ref));
            result.upserts.forEach(c => catalog.set(c.entityRef, c.hash));
            stored = carryOut(stored, result);
          }
          const contributed = new Map(
            [...stored.contributions.values()]
              .flat()
              .map(c => [c.entityRef, c.hash]),
          );
          expect(catalog).toEqual(contributed);
        }),
      );
    });

    it('no run removes more than the limit, except what was approved', () => {
      fc.assert(
        fc.property(answers, list => {
          let stored = nothing();
          for (const { observed, complete, approved } of list) {
            const total = [...stored.contributions.values()].flat().length;
            const result = plan(stored, observed, {
              complete,
              removals,
              approved,
            });
            const unapproved = result.removals.filter(
              ref => !approved.has(ref),
            );
            expect(unapproved.length).toBeLessThanOrEqual(
              Math.max(1, Math.floor(0.2 * total)),
            );
            const listed = refsBefore(stored, observed);
            const ofUnlisted = (refs: string[]) =>
              refs.filter(ref => !listed.includes(ref));
            // Of what is not listed only a complete list removes, and an empty one only what was approved.
            expect(
              ofUnlisted(result.removals).filter(
                ref =>
                  !complete || (observed.length === 0 && !approved.has(ref)),
              ),
            ).toEqual([]);
            stored = carryOut(stored, result);
          }
        }),
      );
    });

    it('no run removes all of a source, and no 24 hours more than the limit, except what was approved', () => {
      const timed = fc.array(fc.tuple(answer, fc.nat(16)), { maxLength: 8 });
      fc.assert(
        fc.property(timed, list => {
          let stored = nothing();
          let made: Array<{ ago: number; removed: number }> = [];
          for (const [{ observed, complete, approved }, hours] of list) {
            made = made
              .map(({ ago, removed }) => ({ ago: ago + hours, removed }))
              .filter(({ ago }) => ago < 24);
            const recentRemovals = sumOf(made.map(({ removed }) => removed));
            const all = refsOf([...stored.contributions.values()].flat());
            const result = plan(stored, observed, {
              complete,
              removals,
              approved,
              recentRemovals,
            });
            const removed = result.removals.filter(r => !approved.has(r));
            expect(removed.length).toBe(
              result.counts.removed - result.counts.approved,
            );
            const limit = Math.floor(0.2 * (all.length + recentRemovals));
            const allowed = Math.max(1, limit) - recentRemovals;
            expect(removed.length).toBeLessThanOrEqual(Math.max(0, allowed));
            expect(removed.length > 0 && removed.length === all.length).toBe(
              false,
            );
            made.push({ ago: 0, removed: removed.length });
            stored = carryOut(stored, result);
          }
        }),
      );
    });

    it('a limit of zero removes only what was approved', () => {
      fc.assert(
        fc.property(answers, list => {
          const never = { maxRatio: 0, minCount: 0, keep: false };
          let stored = nothing();
          for (const { observed, complete } of list) {
            const first = plan(stored, observed, { complete, removals: never });
            expect(first.removals).toEqual([]);
            stored = carryOut(stored, first);
            const approved = new Set(first.held?.refs);
            const second = plan(stored, observed, {
              complete,
              removals: never,
              approved,
            });
            expect(second.removals.filter(r => !approved.has(r))).toEqual([]);
            stored = carryOut(stored, second);
          }
        }),
      );
    });
  });
});
