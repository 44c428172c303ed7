import type { Knex } from 'knex';
import { isPostgres } from './bulk';

/** As the tables keep times: ISO 8601 in UTC, 24 characters. */
export function toText(date: Date): string {
  return date.toISOString();
}

export function toDate(text: string): Date;
export function toDate(text: string | null): Date | undefined;
export function toDate(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

/**
 * The database's own time in SQL, as the tables keep times: at this moment, or
 * when the statement began.
 */
export function databaseTime(
  knex: Knex | Knex.Transaction,
  moment: 'clock' | 'statement',
): string {
  return isPostgres(knex)
    ? `to_char(${moment}_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
}
