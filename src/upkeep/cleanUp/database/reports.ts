import type { Knex } from 'knex';
import { isAmong } from '../../../database/bulk';
import { keysetPage } from '../../../database/keyset';
import { redactValues, toText } from '../../../database/columns';
import type { Page, PageRequest } from '../../../lib/page';
import type { CleanUpCounts, CleanUpPlan, CleanUpReport } from '../report';

const TABLE = 'custom_data_reports';

/** A report in a list. */
export interface ReportSummary {
  id: string;
  startedAt: string;
  by: string;
  counts: CleanUpCounts;
}

export async function saveReport(options: {
  knex: Knex;
  report: CleanUpReport & { id: string };
}): Promise<void> {
  const { knex, report } = options;
  const { id, startedAt, by, counts, ...content } = report;
  await redactValues(async () =>
    knex(TABLE).insert({
      report_id: id,
      started_at: startedAt,
      by,
      counts: JSON.stringify(counts),
      content: JSON.stringify(content),
    }),
  );
}

/** The reports, newest first. */
export async function listReports(options: {
  knex: Knex;
  page: PageRequest;
}): Promise<Page<ReportSummary>> {
  const { knex, page } = options;
  const { items, next } = await keysetPage({
    query: knex(TABLE),
    columns: ['started_at', 'report_id'],
    direction: 'desc',
    page,
    select: ['report_id', 'started_at', 'by', 'counts'],
  });
  return { items: items.map(toSummary), next };
}

export async function readReport(options: {
  knex: Knex;
  id: string;
}): Promise<CleanUpReport | undefined> {
  const { knex, id } = options;
  const row = await knex(TABLE).where({ report_id: id }).first();
  return row && { ...toSummary(row), ...JSON.parse(row.content) };
}

function toSummary(row: any): ReportSummary {
  return {
    id: row.report_id,
    startedAt: row.started_at,
    by: row.by,
    counts: JSON.parse(row.counts),
  };
}

/** Deletes older reports; returns how many. */
export async function deleteOldReports(options: {
  knex: Knex;
  before: Date;
}): Promise<number> {
  const { knex, before } = options;
  return knex(TABLE).where('started_at', '<', toText(before)).delete();
}

/** What became of plans by now, by their hashes. */
export async function readPlanStates(options: {
  knex: Knex;
  plans: CleanUpPlan[];
}): Promise<Map<string, string>> {
  const { knex, plans } = options;
  const hashes = plans.map(({ hash }) => hash);
  const rows = await knex('custom_data_plans')
    .where(isAmong(knex, 'hash', hashes))
    .select('hash', 'state');
  return new Map(rows.map(row => [row.hash, row.state]));
}

/** Makes plans of earlier clean-ups void that are not wanted any more. */
export async function voidOtherPlans(options: {
  knex: Knex;
  plans: CleanUpPlan[];
}): Promise<void> {
  const { knex, plans } = options;
  const hashes = plans.map(({ hash }) => hash);
  await knex.transaction(async tx => {
    const others = await tx('custom_data_plans')
      .where({ kind: 'clean-up', state: 'pending' })
      .whereNot(isAmong(tx, 'hash', hashes))
      .pluck('hash');
    const among = isAmong(tx, 'hash', others);
    await tx('custom_data_plans')
      .where({ kind: 'clean-up', state: 'pending' })
      .andWhere(among)
      .update({ state: 'void' });
    await tx('custom_data_plan_refs').where(among).delete();
  });
}
