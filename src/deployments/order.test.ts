import fc from 'fast-check';
import { describeTables } from '../database/__testUtils__/describeTables';
import { aDeployment } from './__testUtils__/aDeployment';
import { CURRENT_TABLE, toCurrentRow } from './database/tables';
import {
  currentOf,
  isNewer,
  newestByDestination,
  replaces,
  replacesInSql,
} from './order';

const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER;

describe('order', () => {
  it('compares numbers, not their digits, up to the largest sequence', () => {
    const ofSequence = (sequence: number) =>
      aDeployment({ arrival: 1, sequence });
    const ordered = [0, 9, 10, MAX_SEQUENCE - 1, MAX_SEQUENCE].map(ofSequence);
    for (let i = 1; i < ordered.length; i++) {
      expect(replaces(ordered[i], ordered[i - 1])).toBe(true);
      expect(replaces(ordered[i - 1], ordered[i])).toBe(false);
    }
  });

  it('compares current deployments by time, also where they have a sequence', () => {
    const early = aDeployment({ arrival: 1, time: 1, sequence: 9 });
    const late = aDeployment({ arrival: 2, time: 2, sequence: 1 });
    expect(replaces(late, early)).toBe(false);
    expect(isNewer(late, early)).toBe(true);
    expect(newestByDestination([late, early])).toEqual(
      new Map([['production', late]]),
    );
  });

  it('keeps what runs for each service, sender, environment and ordering key', () => {
    const deployments = [
      aDeployment({ arrival: 1 }),
      aDeployment({ arrival: 2, service: 'orders' }),
      aDeployment({ arrival: 3, sender: 'argo' }),
      aDeployment({ arrival: 4, environment: 'staging' }),
      aDeployment({ arrival: 5, sequence: 1 }),
      aDeployment({ arrival: 6, event: 'deployment.removed' }),
      aDeployment({ arrival: 7, event: 'deployment.failure' }),
    ];
    expect(currentOf(deployments).map(({ version }) => version)).toEqual([
      'v6',
      'v2',
      'v3',
      'v4',
      'v5',
    ]);
  });

  describeTables('in SQL is the same on %p', tables => {
    const given = fc.record({
      arrival: fc.integer({ min: 1, max: 1e6 }),
      time: fc.integer({ min: 0, max: 3 }),
    });
    const sequence = () =>
      fc.oneof(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: MAX_SEQUENCE }),
      );
    const pair = fc.oneof(
      fc.tuple(given, given),
      fc
        .tuple(
          fc.record({ one: given, sequence: sequence() }),
          fc.record({ one: given, sequence: sequence() }),
        )
        .map(both => both.map(({ one, ...more }) => ({ ...one, ...more }))),
    );

    it('as in JavaScript', async () => {
      const { knex } = tables;
      await fc.assert(
        fc.asyncProperty(pair, async ([first, second]) => {
          const [current, next] = [aDeployment(first), aDeployment(second)];
          await knex(CURRENT_TABLE).delete();
          await knex(CURRENT_TABLE).insert(toCurrentRow(current));
          const { order_key } = toCurrentRow(next);
          const rows = await knex
            .from(knex.raw('(select ? as order_key) as excluded', order_key))
            .joinRaw(`join ${CURRENT_TABLE} on true`)
            .whereRaw(replacesInSql(CURRENT_TABLE));
          expect(rows.length === 1).toBe(replaces(next, current));
        }),
        { numRuns: 200 },
      );
    });
  });
});
