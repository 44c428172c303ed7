import type { Knex } from 'knex';

/** Fails each statement that matches, as if the database were gone; the function returned ends that. */
export function failStatements(knex: Knex, pattern: RegExp): () => void {
  const fail = ({ sql }: { sql: string }) => {
    if (pattern.test(sql)) {
      throw new Error('the database is gone');
    }
  };
  knex.on('query', fail);
  return () => knex.removeListener('query', fail);
}

/** What closes a run, in whichever way it ended. */
export const CLOSING_A_RUN = /^update .custom_data_runs. .*counts/;
