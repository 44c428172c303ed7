import type { Knex } from 'knex';
import type { SourceReport } from '../../model/manage';
import { readState } from '../sync/readState';
import { toRunReport } from './present';

/** What the tables know of a source, in a few indexed queries. */
export async function report(options: {
  knex: Knex;
  source: string;
}): Promise<SourceReport> {
  const { knex, source } = options;
  const latest = knex('custom_data_runs')
    .where({ source })
    .orderBy('started_at', 'desc');
  const lastRun = await latest.clone().first();
  const lastSuccess = await latest
    .clone()
    .whereIn('outcome', ['applied', 'unchanged'])
    .whereNot({ kind: 'record' })
    .first();
  const [{ entities }] = await knex('custom_data_entities')
    .where({ source })
    .count({ entities: '*' });
  const pending = await knex('custom_data_plans')
    .where({ source, state: 'pending' })
    .first();
  return {
    state: await readState({ knex, source }),
    entities: Number(entities),
    lastRun: lastRun && toRunReport(lastRun),
    lastSuccess: lastSuccess && toRunReport(lastSuccess),
    pendingPlan: pending && {
      hash: pending.hash,
      count: pending.entity_count,
    },
    problems: await countProblems(knex, source),
  };
}

async function countProblems(
  knex: Knex,
  source: string,
): Promise<SourceReport['problems']> {
  const rows = await knex('custom_data_problems')
    .where({ source })
    .select('severity')
    .count({ count: '*' })
    .groupBy('severity');
  const counts = new Map(
    rows.map((row: any) => [row.severity, Number(row.count)]),
  );
  const row = await knex('custom_data_sources')
    .where({ source })
    .first('problems_beyond');
  return {
    errors: counts.get('error') ?? 0,
    warnings: counts.get('warning') ?? 0,
    beyond: row?.problems_beyond ?? 0,
  };
}
