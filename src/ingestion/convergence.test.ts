import fc from 'fast-check';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { type Answer, type Step, World } from './__testUtils__/World';

/** A record that may be renamed, share its name with another, or be broken. */
const record = fc.record(
  {
    id: fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'),
    name: fc.constantFrom('n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'),
    // Without one, all of a source may change to the default, which is held.
    owner: fc.constantFrom('x', 'y', undefined),
    broken: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: ['id', 'name', 'owner', 'broken'] },
);

const answer: fc.Arbitrary<Answer> = fc.uniqueArray(record, {
  selector: r => r.id,
  maxLength: 8,
});

const withList = (type: Step['type']) => answer.map(list => ({ type, list }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: withList('poll') },
  { weight: 1, arbitrary: withList('unidentified') },
  { weight: 1, arbitrary: withList('refused') },
  { weight: 2, arbitrary: withList('dies') },
  {
    weight: 1,
    arbitrary: record.map(one => ({ type: 'single', one } as const)),
  },
  {
    weight: 7,
    arbitrary: fc
      .constantFrom(
        'again',
        'reconcile',
        'fails',
        'restart',
        'approve',
        'approve',
        'reject',
      )
      .map(type => ({ type } as Step)),
  },
);

describeSqlite('SourceSync, whatever happens', tables => {
  const startAnew = async () => new World(await tables.empty());

  it('removes no more than it may, and ends with what the last whole answer gives and nobody approved to remove', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
        const world = await startAnew();
        for (const one of steps) {
          const before = new Map(world.catalog.entities);
          const approved = await world.approvedRefs();
          const held = await world.heldRefs();
          const holders = await world.holders();
          const known = { approved, held, holders };
          await world.take(one);
          expect(world.wrongRemovals(before, known, one)).toEqual([]);
        }
        expect(await world.settle()).toBe(0);
        expect(await world.faults()).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
