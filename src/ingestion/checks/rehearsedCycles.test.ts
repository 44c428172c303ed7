import { describeSqlite } from '../../database/__testUtils__/describeTables';
import { relationEdges } from '../../validation/relationEdges';
import type { ObservedRecord } from '../mapRecord';
import { createWorld, dependsOn, mapped } from './__testUtils__/world';

const OBSERVED = [
  mapped('a', dependsOn('b', 'elsewhere')),
  mapped('b', dependsOn('c')),
  mapped('c', dependsOn('a')),
  mapped('d', dependsOn('a')),
  mapped('e', { ...dependsOn('e'), dependencyOf: ['component:default/d'] }),
];

/** With its relations, as a mapping gives them. */
function withEdges(record: ObservedRecord): ObservedRecord {
  const { outcome } = record;
  const contributions = outcome.type === 'mapped' ? outcome.contributions : [];
  return {
    ...record,
    outcome: {
      type: 'mapped',
      contributions: contributions.map(contribution => ({
        ...contribution,
        edges: relationEdges(JSON.parse(contribution.entity)),
      })),
    },
  };
}

describeSqlite('checkCycles without a database', tables => {
  const world = createWorld(tables);

  it.each(['report', 'reject', 'ignore'] as const)(
    'finds what a first run finds where cycles are to %s',
    async cycles => {
      const { check } = await world({}, { cycles });
      const observed = OBSERVED.map(withEdges);
      const ofRun = await check(observed, { reusable: false });

      const own = await check(observed, { reusable: false, knex: undefined });

      expect(own.observed).toEqual(ofRun.observed);
      expect(own.problems).toEqual(ofRun.problems);
    },
  );
});
