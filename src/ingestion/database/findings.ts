import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { isAmong } from '../../database/bulk';
import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import { LOCATION_TYPE, providerName } from '../../lib/keys';
import {
  type EntityOrigin,
  type Finding,
  FINDING_CODES,
  type FindingCode,
} from '../findings/findings';
import { KEPT_PROBLEMS, toProblem } from './problems';

/** What is kept of the catalog's findings. */
export interface FindingsStore {
  /** Refs of polled entities in their order, a batch after a ref; empty after the last. */
  entityRefs(after?: string): Promise<string[]>;
  /** The records behind refs; no entry for a ref that is nobody's of ours. */
  originsOf(entityRefs: string[]): Promise<Map<string, EntityOrigin[]>>;
  /** What is kept of a code, of all entities or of these. */
  open(code: FindingCode, entityRefs?: string[]): Promise<Finding[]>;
  /**
   * Puts findings in the place of others that were kept. What is as it was is
   * not written; of each source a bounded number is kept.
   */
  replace(options: {
    before: Finding[];
    after: Finding[];
    now: Date;
  }): Promise<void>;
}

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

/** No run found it. */
const NO_RUN = '';

/**
 * Puts findings in the place of others. Several replicas may do so at once for
 * the same ones, which comes to the same.
 */
async function replaceFindings(
  options: Parameters<FindingsStore['replace']>[0] & { knex: Knex },
): Promise<void> {
  const { knex, now } = options;
  const before = keyFindings(options.before);
  const after = keyFindings(options.after);
  const gone = [...before].filter(([key]) => !after.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  const changed = [...after].filter(
    ([key, finding]) => before.has(key) && !isEqual(finding, before.get(key)!),
  );
  if (gone.length + added.length + changed.length === 0) {
    return;
  }
  await knex.transaction(async tx => {
    await deleteRows(tx, gone);
    const rows = [...changed, ...(await withRoom(tx, added))]
      .map(([key, finding]) => toRow(key, finding, now))
      // Two transactions that take locks in one order do not wait for each other.
      .sort((a, b) => (a.problem_key < b.problem_key ? -1 : 1));
    for (const chunk of inChunks(rows, 50)) {
      await tx('custom_data_problems')
        .insert(chunk)
        .onConflict(['source', 'problem_key'])
        .merge(['message', 'severity', 'claim']);
    }
  });
}

/** By what it is and where, whatever its message; a conflict by its claimant as well. */
function keyFindings(findings: Finding[]): Map<string, Finding> {
  return new Map(
    findings.map(finding => {
      const { source, code, recordId, entityRef, claim } = finding;
      const place = [source, code, recordId, entityRef, claim?.claimant];
      const hash = createHash('sha256').update(JSON.stringify(place));
      return [hash.digest('hex'), finding];
    }),
  );
}

async function deleteRows(
  tx: Knex.Transaction,
  gone: Array<[string, Finding]>,
): Promise<void> {
  for (const chunk of inChunks(gone)) {
    await tx('custom_data_problems')
      .whereIn('source', [...new Set(chunk.map(([, { source }]) => source))])
      .whereIn(
        'problem_key',
        chunk.map(([key]) => key),
      )
      .delete();
  }
}

/** Those that a source has room for, beside the findings that it has. */
async function withRoom(
  tx: Knex.Transaction,
  added: Array<[string, Finding]>,
): Promise<Array<[string, Finding]>> {
  if (added.length === 0) {
    return [];
  }
  const rows = await tx('custom_data_problems')
    .whereIn('code', FINDING_CODES)
    .select('source')
    .count({ count: '*' })
    .groupBy('source');
  const kept = new Map(rows.map((row: any) => [row.source, Number(row.count)]));
  return added.filter(([, { source }]) => {
    const count = kept.get(source) ?? 0;
    kept.set(source, count + 1);
    return count < KEPT_PROBLEMS;
  });
}

function isEqual(a: Finding, b: Finding): boolean {
  return (
    safeText(a.message) === b.message &&
    a.severity === b.severity &&
    toClaim(a) === toClaim(b)
  );
}

function toClaim({ claim }: Finding): string | null {
  return claim ? JSON.stringify(claim) : null;
}

function toRow(key: string, finding: Finding, now: Date) {
  return {
    source: finding.source,
    problem_key: key,
    code: finding.code,
    severity: finding.severity,
    record_id: finding.recordId ?? null,
    entity_ref: finding.entityRef,
    message: safeText(finding.message),
    claim: toClaim(finding),
    first_seen_at: toText(now),
    first_seen_run: NO_RUN,
  };
}
