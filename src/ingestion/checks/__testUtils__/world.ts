import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { Tables } from '../../../database/__testUtils__/Tables';
import { canonicalJson } from '../../../lib/canonicalJson';
import { settingsOf } from '../../__testUtils__/fakes';
import type { ObservedRecord } from '../../mapRecord';
import { checkCycles, type CycleContext, recheckCycles } from '../checkCycles';

const SOURCE = 'registry';

/** `x` is `component:default/x`, and what record `x` gives. */
export const refOf = (name: string) => `component:default/${name}`;

export const component = (name: string, spec: JsonObject) =>
  canonicalJson({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec,
  });

export const dependsOn = (...names: string[]): JsonObject => ({
  dependsOn: names.map(refOf),
});

/** A record that the run mapped to the components named, or to its own. */
export const mapped = (
  recordId: string,
  spec: JsonObject,
  names: string[] = [recordId],
): ObservedRecord => ({
  recordId,
  outcome: {
    type: 'mapped',
    contributions: names.map(name => ({
      recordId,
      entityRef: refOf(name),
      entity: component(name, spec),
      hash: '',
    })),
  },
});

/** What there is before a run. */
interface Before {
  /** What records of the source give, by their name. */
  stored?: Record<string, JsonObject>;
  /** On which components those of others depend, by their name. */
  others?: Record<string, string[]>;
  /** Records with a known cycle. */
  known?: string[];
}

/** Runs the check against the tables, filled for each run. */
export function createWorld(tables: Tables) {
  return async (
    before: Before,
    more: Partial<CycleContext['settings']> = {},
  ) => {
    const knex = await tables.empty();
    await fill(knex, before);
    const queries: string[] = [];
    knex.on('query', ({ sql }) => queries.push(sql));
    const context = {
      settings: settingsOf({ name: SOURCE, ...more }),
      knex,
      signal: new AbortController().signal,
      reusable: true,
    };
    const storedOf = (gone: string[]) => ({
      records: new Map(
        gone.map(recordId => [
          recordId,
          {
            recordId,
            observedAt: new Date(0),
            rawHash: '',
            state: 'seen' as const,
          },
        ]),
      ),
      contributions: new Map(),
    });
    return {
      queries,
      check: (
        observed: ObservedRecord[],
        {
          gone = [],
          recordId,
          ...changes
        }: Partial<CycleContext> & { gone?: string[]; recordId?: string } = {},
      ) =>
        checkCycles(
          { ...context, ...changes },
          { observed, stored: storedOf(gone), recordId },
        ),
      recheck: () => recheckCycles(context),
    };
  };
}

async function fill(
  knex: Knex,
  { stored = {}, others = {}, known = [] }: Before,
): Promise<void> {
  const contributions = Object.entries(stored).map(([name, spec]) => ({
    source: SOURCE,
    record_id: name,
    entity_ref: refOf(name),
    role: 'base',
    entity: component(name, spec),
    hash: '',
    run_id: '',
  }));
  const problems = known.map(name => ({
    source: SOURCE,
    problem_key: name,
    code: 'relation-cycle',
    severity: 'warning',
    record_id: name,
    entity_ref: refOf(name),
    message: '',
    first_seen_at: '',
    first_seen_run: '',
  }));
  const relations = Object.entries(others).flatMap(([name, targets]) =>
    targets.map(target => ({
      source_entity_ref: refOf(name),
      type: 'dependsOn',
      target_entity_ref: refOf(target),
    })),
  );
  await knex.batchInsert('custom_data_contributions', contributions, 50);
  await knex.batchInsert('custom_data_problems', problems, 50);
  await knex.batchInsert('relations', relations, 50);
}
