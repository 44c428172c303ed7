/*
 * What a clean-up finds in the tables: each in one query, however many entities
 * there are.
 */
import type { Knex } from 'knex';
import { isAmong } from '../../../database/bulk';
import { listDaysAfter } from '../../../ingestion/database/listDays';
import { DEPRECATED_ANNOTATION } from '../../../lib/keys';
import type { UnknownOwner } from '../report';

/** Whether an entity has the annotation that says why it is deprecated. */
const IS_DEPRECATED = `case when c.entity like '%"${DEPRECATED_ANNOTATION}":%' then 1 else 0 end`;

/** An entity whose record whole lists lack. */
export interface AbsentEntity {
  entityRef: string;
  source: string;
  recordId: string;
  /** The day since which they lack it. */
  since: string;
  /** On how many days they lacked it since it was changed last. */
  daysSinceChange: number;
  isDeprecated: boolean;
}

/** Entities whose records whole lists lack on at least so many days, the longest absent first. */
export async function readAbsent(options: {
  knex: Knex;
  days: number;
}): Promise<AbsentEntity[]> {
  const { knex, days } = options;
  const absent = knex('custom_data_records as r')
    .join('custom_data_contributions as c', join =>
      join.on('c.source', 'r.source').andOn('c.record_id', 'r.record_id'),
    )
    .join('custom_data_entities as e', join =>
      join.on('e.entity_ref', 'c.entity_ref').andOn('e.source', 'c.source'),
    )
    .where('r.state', 'missing')
    .select(
      'c.entity_ref',
      'c.source',
      'c.record_id',
      'r.missing_since',
      knex.raw(`${IS_DEPRECATED} as is_deprecated`),
      knex.raw(`${listDaysAfter('r.source', 'r.missing_since')} as days`),
      knex.raw(`${listDaysAfter('r.source', 'e.applied_at')} as days_since`),
    );
  const rows: any[] = await knex
    .from(absent.as('a'))
    .where('days', '>=', days)
    .orderBy(['missing_since', 'entity_ref']);
  return rows.map(row => ({
    entityRef: row.entity_ref,
    source: row.source,
    recordId: row.record_id,
    since: row.missing_since.slice(0, 10),
    daysSinceChange: Number(row.days_since),
    isDeprecated: row.is_deprecated === 1,
  }));
}

/** An entity of a source, as far as a clean-up has to know it. */
export interface OwnedEntity {
  source: string;
  owner?: string;
  isDeprecated: boolean;
}

/** Those of these refs that sources give with their lists. */
export async function readOwned(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, OwnedEntity>> {
  const { knex, entityRefs } = options;
  const rows: any[] = await knex('custom_data_entities as e')
    .join('custom_data_contributions as c', join =>
      join.on('c.entity_ref', 'e.entity_ref').andOn('c.source', 'e.source'),
    )
    .where(isAmong(knex, 'e.entity_ref', entityRefs))
    .select(
      'e.entity_ref',
      'e.source',
      'e.owner',
      knex.raw(`${IS_DEPRECATED} as is_deprecated`),
    );
  return new Map(
    rows.map(row => [
      row.entity_ref,
      {
        source: row.source,
        owner: row.owner ?? undefined,
        isDeprecated: row.is_deprecated === 1,
      },
    ]),
  );
}

/** The entities of these refs, as canonical JSON. */
export async function readTexts(options: {
  knex: Knex;
  entityRefs: string[];
}): Promise<Map<string, string>> {
  const { knex, entityRefs } = options;
  const rows: any[] = await knex('custom_data_contributions')
    .where(isAmong(knex, 'entity_ref', entityRefs))
    .select('entity_ref', 'entity');
  return new Map(rows.map(row => [row.entity_ref, row.entity]));
}

/** How many entities of each owner are named. */
const NAMED = 100;

/** How many entities a report names of all of these owners. */
const MAX_NAMED = 5000;

/** Owners that entities of ours name, and that are no Group and no User of the catalog. */
export async function readUnknownOwners({
  knex,
}: {
  knex: Knex;
}): Promise<UnknownOwner[]> {
  const unknown = knex('custom_data_entities as e')
    .whereNotNull('e.owner')
    .andWhere(either =>
      either
        .whereRaw("e.owner not like 'group:%' and e.owner not like 'user:%'")
        .orWhereNotExists(
          knex('refresh_state as s')
            .whereRaw('s.entity_ref = e.owner')
            .select(knex.raw('1')),
        ),
    )
    .select(
      'e.owner',
      'e.source',
      'e.entity_ref',
      knex.raw('count(*) over (partition by e.owner) as total'),
      knex.raw(
        'row_number() over (partition by e.owner order by e.entity_ref) as place',
      ),
    );
  const rows: any[] = await knex
    .from(unknown.as('u'))
    .where('place', '<=', NAMED)
    .orderBy(['place', 'owner'])
    .limit(MAX_NAMED);
  const owners = new Map<string, UnknownOwner>();
  for (const { owner, source, entity_ref: entityRef, total } of rows) {
    const known: UnknownOwner = owners.get(owner) ?? {
      owner,
      count: Number(total),
      entities: [],
    };
    known.entities.push({ entityRef, source });
    owners.set(owner, known);
  }
  return [...owners.values()].sort((a, b) => (a.owner < b.owner ? -1 : 1));
}
