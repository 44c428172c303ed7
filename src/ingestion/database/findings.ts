import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { safeText, toText } from '../../database/columns';
import type { FindingCode, Problem } from '../../lib/problem';
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

/** The stored findings with one of these codes. */
export async function readFindings(options: {
  knex: Knex;
  codes: FindingCode[];
}): Promise<Finding[]> {
  const { knex, codes } = options;
  const rows = await knex('custom_data_problems').whereIn('code', codes);
  return rows.map(toFinding);
}

/**
 * Replaces stored findings, and returns those that began and that ended.
 * Unchanged ones are not written, and of each source only the first are kept.
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
  await knex.transaction(tx => writeDifference(tx, { before, after }));
  return {
    began: rowsBeyond(after, before).map(toFinding),
    ended: rowsBeyond(before, after).map(toFinding),
  };
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
  return [...new Map(rows.map(row => [row.problem_key, row])).values()].filter(
    firstOfEachSource(),
  );
}

/** Keeps so many of each source as are stored. */
export function firstOfEachSource(): (finding: { source: string }) => boolean {
  const counts = new Map<string, number>();
  return ({ source }) => {
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    return count <= KEPT_PROBLEMS;
  };
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
