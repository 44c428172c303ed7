import type { Knex } from 'knex';
import { toText } from '../../database/columns';

/** A refresh whose process has not written for so long has died. */
const SILENCE_MS = 5 * 60_000;

/** A refresh of all managed entities. Times are ISO 8601 in UTC. */
export interface RefreshReport {
  id: string;
  /** `interrupted`: its process ended before it did. */
  state: 'running' | 'done' | 'failed' | 'interrupted';
  /** Entities that it began with. */
  total: number;
  /** Entities that the catalog was asked to refresh. */
  done: number;
  /** Of these, entities that it refused to refresh. */
  failed: number;
  error?: string;
  startedBy: string;
  startedAt: string;
  updatedAt: string;
}

export async function insertRefresh(options: {
  knex: Knex;
  id: string;
  total: number;
  by: string;
  now: Date;
}): Promise<void> {
  const { knex, id, total, by, now } = options;
  await knex('custom_data_refreshes').insert({
    refresh_id: id,
    state: 'running',
    total,
    started_by: by,
    started_at: toText(now),
    updated_at: toText(now),
  });
}

export async function updateRefresh(options: {
  knex: Knex;
  id: string;
  progress: { done: number; failed: number };
  state?: 'done' | 'failed';
  error?: string;
  now: Date;
}): Promise<void> {
  const { knex, id, progress, state = 'running', error, now } = options;
  await knex('custom_data_refreshes')
    .where({ refresh_id: id })
    .update({
      ...progress,
      state,
      error: error ?? null,
      updated_at: toText(now),
    });
}

export async function readRefresh(options: {
  knex: Knex;
  id: string;
  now: Date;
}): Promise<RefreshReport | undefined> {
  const { knex, id, now } = options;
  const row = await knex('custom_data_refreshes')
    .where({ refresh_id: id })
    .first();
  return row && toReport(row, now);
}

/** The refresh that is running, if there is one. */
export async function findRunningRefresh(options: {
  knex: Knex;
  now: Date;
}): Promise<RefreshReport | undefined> {
  const { knex, now } = options;
  const row = await knex('custom_data_refreshes')
    .where({ state: 'running' })
    .andWhere('updated_at', '>', silentSince(now))
    .first();
  return row && toReport(row, now);
}

function toReport(row: any, now: Date): RefreshReport {
  const isSilent = row.updated_at <= silentSince(now);
  return {
    id: row.refresh_id,
    state: row.state === 'running' && isSilent ? 'interrupted' : row.state,
    total: row.total,
    done: row.done,
    failed: row.failed,
    error: row.error ?? undefined,
    startedBy: row.started_by,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
  };
}

function silentSince(now: Date): string {
  return toText(new Date(now.getTime() - SILENCE_MS));
}
