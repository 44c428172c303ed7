import type { Knex } from 'knex';
import { isAmong } from '../bulk';

const RUNS_TABLE = 'custom_data_runs';
const SUCCESSES = ['applied', 'unchanged'];

/**
 * Deletes runs that ended and began before; of each source the last one stays,
 * and the last that brought its list home.
 */
export async function deleteOldRuns(options: {
  knex: Knex;
  before: string;
  limit: number;
}): Promise<number> {
  const { knex, before, limit } = options;
  const old: string[] = await knex(`${RUNS_TABLE} as r`)
    .where('r.started_at', '<', before)
    .whereNot('r.outcome', 'running')
    .whereExists(laterRun(knex))
    .andWhere(either =>
      either
        .whereNotIn('r.outcome', SUCCESSES)
        .orWhere('r.kind', 'record')
        .orWhereExists(
          laterRun(knex)
            .whereIn('l.outcome', SUCCESSES)
            .whereNot('l.kind', 'record'),
        ),
    )
    .limit(limit)
    .pluck('r.run_id');
  return knex(RUNS_TABLE).where(isAmong(knex, 'run_id', old)).delete();
}

function laterRun(knex: Knex): Knex.QueryBuilder {
  return knex(`${RUNS_TABLE} as l`)
    .whereRaw('l.source = r.source and l.started_at > r.started_at')
    .select(knex.raw('1'));
}
