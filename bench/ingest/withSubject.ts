import type { Knex } from 'knex';
import { rotate, type Options } from '../lib/options';
import { withPostgres, type Postgres } from '../lib/postgres';
import type { AddFigures, Figures, Report } from '../lib/report';
import { withBackend } from '../lib/withBackend';
import { startApi, type Api, type ListState } from './api';
import type { Run } from './measureRun';
import { revisionMark } from './registry';
import { SOURCE, sourceConfig } from './source';

/** What a subject is measured with in one round. */
export interface Round {
  subject: string;
  postgres: Postgres;
  api: Api;
  options: Options;
  add: AddFigures;
}

/** Measures each subject in each round. */
export async function measureSubjects(
  options: Options,
  report: Report,
  measure: (round: Round) => Promise<void>,
): Promise<void> {
  const { rounds, subjects, cases } = options;
  await withPostgres(report, async postgres => {
    const api = await startApi();
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of rotate(subjects, round)) {
        await report.round(subject, cases, add =>
          measure({ subject, postgres, api, options, add }),
        );
      }
    }
    await api.stop();
  });
}

interface Measured {
  figures: Figures;
  /** Whether the list was answered 304. */
  notModified: boolean;
}

/** Runs once, and checks that the catalog has what the list has. */
export type Measure = (
  list: ListState,
  how?: { collectGarbage: boolean },
) => Promise<Measured>;

/** Has one subject up in a process of its own, with processing off. */
export async function withSubject(
  { subject, postgres, api: { url } }: Round,
  work: (measure: Measure) => Promise<void>,
): Promise<void> {
  const sources = { [SOURCE]: sourceConfig(url) };
  const options = {
    postgres,
    file: 'ingest/subjects.ts',
    subject,
    given: { url },
    config: {
      catalog: {
        processingInterval: false,
        ...(subject === 'module' && { customData: { sources } }),
      },
    },
  };
  await withBackend(options, async ({ ask, knex }) => {
    let idleMb = await ask<number>('idleMb');
    await work(async (list, how = { collectGarbage: false }) => {
      await knex.raw('vacuum analyze');
      await ask('flush');
      const before = await readRowStatistics(knex);
      const run = await ask<Run>('run', how);
      await ask('flush');
      const rows = countRows(before, await readRowStatistics(knex));
      await verifyCatalog(knex, list);
      const { startMb, peakMb, notModified, ...times } = run;
      // A backend gives back memory of its start later.
      idleMb = Math.min(idleMb, startMb);
      const figures = { ...times, 'memory MB': peakMb - idleMb, ...rows };
      return { figures, notModified };
    });
  });
}

type RowsByTable = Record<string, number>;

/** Rows inserted, updated and deleted so far. */
async function readRowStatistics(knex: Knex): Promise<RowsByTable> {
  const rows = await knex('pg_stat_user_tables').select(
    'relname as table',
    knex.raw('(n_tup_ins + n_tup_upd + n_tup_del)::int as written'),
  );
  return Object.fromEntries(rows.map(row => [row.table, row.written]));
}

/** Tables of the subjects. All others are the catalog's. */
const OWN = /^(custom_data_|ingestions$|ingestion_mark)/;

/** The row of the run itself, and the lease of its source. */
const EXPECTED = ['custom_data_runs', 'custom_data_sources'];

function countRows(before: RowsByTable, after: RowsByTable): Figures {
  const counts = { 'catalog rows': 0, 'own rows': 0, 'unexpected rows': 0 };
  for (const [table, total] of Object.entries(after)) {
    const written = total - (before[table] ?? 0);
    counts[OWN.test(table) ? 'own rows' : 'catalog rows'] += written;
    counts['unexpected rows'] += EXPECTED.includes(table) ? 0 : written;
  }
  return counts;
}

/** A run that did not do its work is no measurement. */
async function verifyCatalog(knex: Knex, list: ListState): Promise<void> {
  const [found] = await knex('refresh_state')
    .where('entity_ref', 'like', 'component:%')
    .count({
      records: '*',
      newest: knex.raw('case when unprocessed_entity like ? then 1 end', [
        `%${revisionMark(list.revision)}%`,
      ]),
    });
  const { records, newest, revision } = list;
  if (Number(found.records) !== records || Number(found.newest) !== newest) {
    throw new Error(
      `The catalog has ${found.records} entities, ${found.newest} of revision ${revision}. The list has ${records} and ${newest}.`,
    );
  }
}
