import type { Knex } from 'knex';
import { providerName, LOCATION_TYPE } from '../../model/keys';
import type {
  EntityOrigin,
  Finding,
  FindingsStore,
} from '../../model/findings';
import { inChunks } from '../../model/inChunks';
import { isAmong } from '../bulk';
import { replaceFindings } from './replaceFindings';
import { toProblem } from './toProblem';

const REFS_AT_ONCE = 1000;

/** What is kept of the catalog's findings, among the problems of each source. */
export function createFindingsStore(options: { knex: Knex }): FindingsStore {
  const { knex } = options;
  return {
    entityRefs: after =>
      knex('custom_data_entities')
        .where('entity_ref', '>', after ?? '')
        .orderBy('entity_ref')
        .limit(REFS_AT_ONCE)
        .pluck('entity_ref'),
    originsOf: refs => originsOf(knex, refs),
    open: async (code, refs) => {
      const rows = await knex('custom_data_problems')
        .where({ code })
        .andWhere(refs ? isAmong(knex, 'entity_ref', refs) : {});
      return rows.map(toFinding);
    },
    replace: change => replaceFindings({ knex, ...change }),
  };
}

async function originsOf(
  knex: Knex,
  refs: string[],
): Promise<Map<string, EntityOrigin[]>> {
  const origins = new Map<string, EntityOrigin[]>();
  const add = (row: any, locationKey: string) =>
    origins.set(row.entity_ref, [
      ...(origins.get(row.entity_ref) ?? []),
      { source: row.source, recordId: row.record_id, locationKey },
    ]);
  for (const chunk of inChunks(refs, REFS_AT_ONCE)) {
    const polled = await knex('custom_data_contributions as c')
      .join('custom_data_entities as e', join =>
        join.on('e.entity_ref', 'c.entity_ref').andOn('e.source', 'c.source'),
      )
      .select('c.entity_ref', 'c.source', 'c.record_id', 'e.location_key')
      .where(isAmong(knex, 'c.entity_ref', chunk));
    polled.forEach(row =>
      add(row, row.location_key ?? providerName(row.source)),
    );
    const located = await knex('custom_data_read_refs')
      .select('entity_ref', 'source', 'record_id')
      .where(isAmong(knex, 'entity_ref', chunk));
    located.forEach(row =>
      add(row, `${LOCATION_TYPE}:${row.source}/${row.record_id}`),
    );
  }
  return origins;
}

function toFinding(row: any): Finding {
  return {
    ...toProblem(row),
    code: row.code,
    source: row.source,
    entityRef: row.entity_ref,
    claim: row.claim ? JSON.parse(row.claim) : undefined,
  };
}
