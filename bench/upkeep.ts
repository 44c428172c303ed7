import type { Knex } from 'knex';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { createCatalogTables } from '../src/database/__testUtils__/Tables';
import { migrate } from '../src/database/migrate';
import { readEntities } from '../src/ingestion/database/records';
import { takeSnapshot } from '../src/ingestion/snapshots/takeSnapshot';
import { inChunks } from '../src/lib/inChunks';
import { canonicalJson, hashOf } from '../src/lib/canonicalJson';
import type { Command } from './lib/options';
import { withPostgres } from './lib/postgres';
import { measurePushes } from './push/pushes';

const SOURCE = 'registry';
const ROWS_AT_ONCE = 500;
const MB = 1024 * 1024;

type Work = (knex: Knex) => Promise<unknown>;

/** By the name of a case: what is measured, and what it is compared with. */
const CASES: Record<string, Record<string, Work>> = {
  snapshot: { rows: readAndCompress, module: takeOne },
};

/** Upkeep, in turns in this process on PostgreSQL. */
export const upkeep: Command = {
  defaults: {
    records: 50_000,
    rounds: 5,
    cases: [...Object.keys(CASES), 'push'],
    subjects: ['rows', 'bare', 'module'],
  },
  async run({ records, rounds, cases, subjects }, report) {
    await withPostgres(report, async postgres => {
      if (cases.includes('push')) {
        await measurePushes(postgres, { rounds, subjects }, report);
      }
      const inProcess = cases.filter(name => CASES[name]);
      if (inProcess.length === 0) {
        return;
      }
      const knex = postgres.connect('postgres');
      try {
        await fillTables(knex, records);
        for (let round = -1; round < rounds; round += 1) {
          for (const name of inProcess) {
            for (const subject of Object.keys(CASES[name]).filter(each =>
              subjects.includes(each),
            )) {
              const figures = await measure(() => CASES[name][subject](knex));
              // The first round warms up.
              if (round >= 0) {
                report.add(subject, name, figures);
              }
            }
          }
        }
      } finally {
        await knex.destroy();
      }
    });
    report.atLeast(
      0.5,
      'push: PUT, of the rate of a bare route that updates one row',
      () =>
        report.figure('module', 'push', 'writes/s') /
        report.figure('bare', 'push', 'writes/s'),
    );
    report.atMost(
      1.5,
      'snapshot: time, of that of reading and compressing the same rows',
      () =>
        report.figure('module', 'snapshot', 'ms') /
        report.figure('rows', 'snapshot', 'ms'),
    );
    report.atMost(100, 'snapshot: MB over idle', () =>
      report.figure('module', 'snapshot', 'MB'),
    );
  },
};

async function fillTables(knex: Knex, count: number): Promise<void> {
  await createCatalogTables(knex);
  await migrate({ knex });
  const indexes = Array.from({ length: count }, (_, index) => index);
  // Few at once, so that the idle process is small.
  for (const some of inChunks(indexes, ROWS_AT_ONCE)) {
    const rows = some.map(rowOf);
    await knex('custom_data_contributions').insert(
      rows.map(row => ({ ...row, role: 'base', run_id: 'bench' })),
    );
    await knex('custom_data_entities').insert(
      rows.map(({ source, entity_ref, hash }) => ({
        source,
        entity_ref,
        hash,
        applied_at: '',
      })),
    );
  }
  await knex.raw('analyze');
}

function rowOf(index: number) {
  const name = `service-${index}`;
  const entity = canonicalJson({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name,
      description: `${hashOf(name)} does what service ${index} does`,
      annotations: { 'example.com/id': hashOf(`id ${index}`) },
      tags: ['java', `tier-${index % 4}`],
    },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: `group:default/team-${index % 400}`,
      dependsOn: [`component:default/service-${(index * 7) % 1000}`],
    },
  });
  return {
    source: SOURCE,
    record_id: name,
    entity_ref: `component:default/${name}`,
    entity,
    hash: hashOf(entity),
  };
}

const compress = promisify<string, object, Buffer>(deflate);

/** What a snapshot cannot do without. */
async function readAndCompress(knex: Knex): Promise<void> {
  for await (const rows of readEntities({ knex, source: SOURCE })) {
    const text = rows.map(row => JSON.stringify(row)).join('\n');
    await compress(text, { level: 1 });
  }
}

async function takeOne(knex: Knex): Promise<void> {
  const about = { reason: 'bench', by: 'bench', now: new Date() };
  await takeSnapshot({ knex, ...about });
}

/** What is in use, and what is not collected yet. */
function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const SAMPLE_MS = 10;

/** Time, and the most memory over that of the idle process. */
async function measure(work: () => Promise<unknown>) {
  globalThis.gc!();
  const idle = memoryInUse();
  let peak = idle;
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryInUse());
  }, SAMPLE_MS);
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  clearInterval(timer);
  return { ms, MB: (peak - idle) / MB };
}
