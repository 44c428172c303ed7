import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { isAmong } from '../../database/bulk';
import { safeText } from '../../database/safeText';
import { toText } from '../../database/time';
import { inChunks } from '../../lib/inChunks';
import {
  FINDING_CODES,
  type FindingCode,
  type Problem,
} from '../../lib/problem';
import { KEPT_PROBLEMS, toProblem } from './problems';

/** A problem that the catalog has with an entity of ours. */
export interface Finding extends Problem {
  code: FindingCode;
  source: string;
  entityRef: string;
  /** Of a conflict. */
  claim?: ConflictClaim;
}

/**
 * Somebody claimed a ref that somebody else holds; both are location keys. The
 * catalog reports it once, and again only when what it reads of the claimant
 * has changed.
 */
export interface ConflictClaim {
  holder: string;
  claimant: string;
  /** Hash over the catalog's last result for the claimant; empty if there is none. */
  state: string;
  /** ISO 8601 in UTC. */
  reportedAt: string;
}

const BATCH_SIZE = 1000;

/** Refs of polled entities in their order, one batch at a time; empty after the last. */
export async function listEntityRefs(options: {
  knex: Knex;
  after?: string;
}): Promise<string[]> {
  const { knex, after = '' } = options;
  return knex('custom_data_entities')
    .where('entity_ref', '>', after)
    .orderBy('entity_ref')
    .limit(BATCH_SIZE)
    .pluck('entity_ref');
}

/** The stored findings with a code, of these entities or of all. */
export async function readFindings(options: {
  knex: Knex;
  code: FindingCode;
  entityRefs?: string[];
}): Promise<Finding[]> {
  const { knex, code, entityRefs } = options;
  const rows = await knex('custom_data_problems')
    .where({ code })
    .andWhere(entityRefs ? isAmong(knex, 'entity_ref', entityRefs) : {});
  return rows.map(toFinding);
}

/**
 * Replaces stored findings. Unchanged ones are not written, and a bounded
 * number is kept for each source. Several replicas may replace the same
 * findings at once; the result is the same.
 */
export async function replaceFindings(options: {
  knex: Knex;
  before: Finding[];
  after: Finding[];
  now: Date;
}): Promise<void> {
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
    await deleteFindings(tx, gone);
    const rows = [...changed, ...(await dropExcess(tx, added))]
      .map(([key, finding]) => toRow(key, finding, now))
      // Locks that are taken in one order cannot deadlock.
      .sort((a, b) => (a.problem_key < b.problem_key ? -1 : 1));
    for (const chunk of inChunks(rows, 50)) {
      await tx('custom_data_problems')
        .insert(chunk)
        .onConflict(['source', 'problem_key'])
        .merge(['message', 'severity', 'claim']);
    }
  });
}

/** The key of a finding does not depend on its message. */
function keyFindings(findings: Finding[]): Map<string, Finding> {
  return new Map(
    findings.map(finding => {
      const { source, code, recordId, entityRef, claim } = finding;
      const parts = [source, code, recordId, entityRef, claim?.claimant];
      const hash = createHash('sha256').update(JSON.stringify(parts));
      return [hash.digest('hex'), finding];
    }),
  );
}

async function deleteFindings(
  tx: Knex.Transaction,
  gone: Array<[string, Finding]>,
): Promise<void> {
  for (const chunk of inChunks(gone)) {
    const sources = new Set(chunk.map(([, { source }]) => source));
    const keys = chunk.map(([key]) => key);
    await tx('custom_data_problems')
      .whereIn('source', [...sources])
      .whereIn('problem_key', keys)
      .delete();
  }
}

/** Drops the findings of a source beyond the number that is kept. */
async function dropExcess(
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

function toFinding(row: any): Finding {
  return {
    ...toProblem(row),
    code: row.code,
    source: row.source,
    entityRef: row.entity_ref,
    claim: row.claim ? JSON.parse(row.claim) : undefined,
  };
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
    // No run found it.
    first_seen_run: '',
  };
}
