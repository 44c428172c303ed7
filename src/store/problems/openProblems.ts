import type { Knex } from 'knex';
import type { Problem, ProblemCode } from '../../model/problem';
import { toProblem } from './toProblem';

/** Problems of a source that are known and have one of these codes. */
export async function openProblems(
  knex: Knex,
  source: string,
  codes: ProblemCode[],
): Promise<Problem[]> {
  const rows = await knex('custom_data_problems')
    .where({ source })
    .whereIn('code', codes);
  return rows.map(toProblem);
}
