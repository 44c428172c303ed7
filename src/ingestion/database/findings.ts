import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { isAmong } from '../../database/bulk';
import { safeText, toText } from '../../database/columns';
import {
  FINDING_CODES,
  type FindingCode,
  type Problem,
} from '../../lib/problem';
import {
  KEPT_PROBLEMS,
  type ProblemRow,
  rowsBeyond,
  toProblem,
  writeDifference,
} from './problems';

/** A problem that the catalog has with an entity of ours. */
export interface Finding extends Problem {
  code: FindingCode;
  /** Empty for a location whose target names none: then the log alone shows it. */
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

/** The stored findings with one of these codes, of these entities or of all. */
export async function readFindings(options: {
  knex: Knex;
  codes: FindingCode[];
  entityRefs?: string[];
}): Promise<Finding[]> {
  const { knex, codes, entityRefs } = options;
  const rows = await knex('custom_data_problems')
    .whereIn('code', codes)
    .andWhere(entityRefs ? isAmong(knex, 'entity_ref', entityRefs) : {});
  return rows.map(toFinding);
}

/**
 * Replaces stored findings, and returns those that began and that ended.
 * Unchanged ones are not written, and a bounded number is kept for each source.
 * Several replicas may replace the same findings at once; the result is the same.
 */
export async function replaceFindings(options: {
  knex: Knex;
  before: Finding[];
  after: Finding[];
  now: Date;
}): Promise<{ began: Finding[]; ended: Finding[] }> {
  const { knex, now } = options;
  const before = toRows(options.before, now);
  const after = toRows(options.after, now);
  if (before.length + after.length === 0) {
    return { began: [], ended: [] };
  }
  return knex.transaction(async tx => {
    const kept = await dropExcess(tx, { before, after });
    await writeDifference(tx, { before, after: kept });
    return {
      began: rowsBeyond(kept, before).map(toFinding),
      ended: rowsBeyond(before, kept).map(toFinding),
    };
  });
}

/** Drops new findings of a source beyond the number that is kept. */
async function dropExcess(
  tx: Knex.Transaction,
  { before, after }: { before: ProblemRow[]; after: ProblemRow[] },
): Promise<ProblemRow[]> {
  const known = new Set(before.map(row => row.problem_key));
  const lasting = after.filter(row => known.has(row.problem_key));
  const added = after.filter(row => !known.has(row.problem_key));
  if (added.length === 0) {
    return lasting;
  }
  const rows = await tx('custom_data_problems')
    .whereIn('code', FINDING_CODES)
    .select('source')
    .count({ count: '*' })
    .groupBy('source');
  const counts = new Map<string, number>();
  const count = (source: string, by: number) =>
    counts.set(source, (counts.get(source) ?? 0) + by).get(source)!;
  rows.forEach((row: any) => count(row.source, Number(row.count)));
  before.forEach(({ source }) => count(source, -1));
  lasting.forEach(({ source }) => count(source, 1));
  const kept = added.filter(({ source }) => count(source, 1) <= KEPT_PROBLEMS);
  return [...lasting, ...kept];
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

/** Of findings with one key the last counts. */
function toRows(findings: Finding[], now: Date): ProblemRow[] {
  const rows = findings.map(finding => toRow(finding, now));
  return [...new Map(rows.map(row => [row.problem_key, row])).values()];
}

function toRow(finding: Finding, now: Date): ProblemRow {
  const { source, code, recordId, entityRef, claim } = finding;
  // The message may change while a finding lasts.
  const key = [source, code, recordId, entityRef, claim?.claimant];
  return {
    source,
    problem_key: createHash('sha256').update(JSON.stringify(key)).digest('hex'),
    code,
    severity: finding.severity,
    record_id: recordId ?? null,
    entity_ref: entityRef,
    path: null,
    message: safeText(finding.message),
    value: null,
    claim: claim ? JSON.stringify(claim) : null,
    first_seen_at: toText(now),
    // No run found it.
    first_seen_run: '',
  };
}
