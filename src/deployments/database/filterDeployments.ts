import type { Knex } from 'knex';
import { isAmong } from '../../database/bulk';
import { toText } from '../../database/time';
import type { DeploymentFilter } from '../deployment';

/** The rows of the history or of the heads that a filter means. */
export function filterDeployments(options: {
  knex: Knex;
  table: string;
  filter: DeploymentFilter;
}): Knex.QueryBuilder {
  const { knex, table, filter } = options;
  const { subjects, sender, serviceKey, environment, status } = filter;
  const query = knex(table).where({
    ...(sender !== undefined && { sender }),
    ...(serviceKey !== undefined && { service_key: serviceKey }),
    ...(environment !== undefined && { environment }),
    ...(status !== undefined && { status }),
  });
  if (filter.since) {
    query.andWhere('event_at', '>=', toText(filter.since));
  }
  if (filter.until) {
    query.andWhere('event_at', '<', toText(filter.until));
  }
  if (filter.withoutRemoved) {
    query.whereNot({ status: 'removed' });
  }
  return subjects ? isAboutAny(query, knex, subjects) : query;
}

/** None of no subjects. */
function isAboutAny(
  query: Knex.QueryBuilder,
  knex: Knex,
  subjects: NonNullable<DeploymentFilter['subjects']>,
): Knex.QueryBuilder {
  return query.andWhere(any => {
    any.whereRaw('1 = 0');
    for (const { sender, serviceKeys } of subjects) {
      any.orWhere(both =>
        both
          .where({ sender })
          .andWhere(isAmong(knex, 'service_key', serviceKeys)),
      );
    }
  });
}
