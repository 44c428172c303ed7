import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import {
  FINDING_CODES,
  type Finding,
  type FindingsStore,
} from '../../model/findings';
import { KEPT_PROBLEMS } from '../../model/problem';
import { inChunks } from '../../model/inChunks';
import { safeText } from '../safeText';
import { toText } from '../time';

/** No run found it. */
const NO_RUN = '';

/**
 * Puts findings in the place of others. Several replicas may do so at once for
 * the same ones, which comes to the same.
 */
export async function replaceFindings(
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
