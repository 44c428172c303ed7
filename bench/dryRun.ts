import { ConfigReader } from '@backstage/config';
import type { LoggerService } from '@backstage/backend-plugin-api';
import createKnex, { type Knex } from 'knex';
import pLimit from 'p-limit';
import { readCustomDataSettings } from '../src/config/settings';
import { createCatalogTables } from '../src/database/__testUtils__/Tables';
import { migrate } from '../src/database/migrate';
import { FakeCatalog } from '../src/ingestion/__testUtils__/fakes';
import { SourceSync } from '../src/ingestion/SourceSync';
import { readSourceState } from '../src/ingestion/database/runs';
import { dryRun as runDry } from '../src/ingestion/dryRun/dryRun';
import { fingerprintOf } from '../src/ingestion/fingerprint';
import { planList, readList } from '../src/ingestion/planList';
import type { SyncOptions } from '../src/ingestion/runContext';
import { prepareSource } from '../src/wiring/prepareSources';
import { createRecord } from './ingest/registry';
import { SOURCE, sourceConfig } from './ingest/source';
import type { Command } from './lib/options';

/** How many of a hundred records are new or changed. */
const CASES: Record<string, number> = { first: 100, 'changed-1': 1 };

const signal = new AbortController().signal;

type Read = (sync: SyncOptions) => Promise<unknown>;

const SUBJECTS: Record<string, Read> = { run: planRun, module: planDry };

/** A dry run, and what a run does before it applies its plan, in turns in this process on SQLite. */
export const dryRun: Command = {
  defaults: {
    records: 10_000,
    rounds: 7,
    cases: Object.keys(CASES),
    subjects: Object.keys(SUBJECTS),
  },
  async run({ records, rounds, cases, subjects }, report) {
    for (const name of cases) {
      const knex = await createTables();
      const sync = await createSync(knex, name, records);
      for (let round = -1; round < rounds; round += 1) {
        for (const subject of subjects) {
          const micros = await measure(SUBJECTS[subject], sync, records);
          // The first round warms up.
          if (round >= 0) {
            report.add(subject, name, { 'CPU µs/record': micros });
          }
        }
      }
      await knex.destroy();
    }
    for (const name of cases) {
      report.atMost(
        1.2,
        `dry run (${name}): CPU time, of that of a run before it applies`,
        () =>
          report.figure('module', name, 'CPU µs/record') /
          report.figure('run', name, 'CPU µs/record'),
      );
    }
  },
};

async function createTables(): Promise<Knex> {
  const knex = createKnex({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
  });
  await createCatalogTables(knex);
  await migrate({ knex });
  return knex;
}

/** A source with the records of a case, after a run over the others. */
async function createSync(
  knex: Knex,
  name: string,
  count: number,
): Promise<SyncOptions> {
  const first = await prepare(
    knex,
    listOf(count, () => 1),
  );
  if (name !== 'first') {
    const sync = new SourceSync(first);
    sync.connect(new FakeCatalog(knex, `custom-data-${SOURCE}`));
    await sync.poll({ kind: 'poll', signal });
  }
  return prepare(
    knex,
    listOf(count, index => (index % 100 < CASES[name] ? 2 : 1)),
  );
}

function listOf(count: number, revisionOf: (index: number) => number): string {
  const services = Array.from({ length: count }, (_, index) =>
    createRecord(index, revisionOf(index)),
  );
  return JSON.stringify({ services });
}

async function prepare(knex: Knex, answer: string): Promise<SyncOptions> {
  const sources = { [SOURCE]: sourceConfig('http://registry.invalid') };
  const config = new ConfigReader({ catalog: { customData: { sources } } });
  const [settings] = readCustomDataSettings(config).sources;
  const now = () => new Date();
  const headers = { 'content-type': 'application/json' };
  const prepared = await prepareSource({
    settings,
    placeholders: [],
    extensions: { sources: new Map(), transformers: new Map() },
    now,
    fetch: async () => new Response(answer, { headers }),
  });
  if (prepared.type === 'faulty') {
    throw new Error(JSON.stringify(prepared.faults));
  }
  const nothing = () => {};
  const logger: LoggerService = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    child: () => logger,
  };
  return {
    ...prepared.source,
    knex,
    mutations: pLimit(4),
    tracker: { ended: nothing },
    logger,
    now,
    random: Math.random,
  };
}

async function planRun(sync: SyncOptions): Promise<unknown> {
  const { knex, settings, shape, now } = sync;
  const state = await readSourceState({ knex, source: SOURCE });
  const fingerprint = fingerprintOf(settings, shape);
  const context = {
    ...sync,
    state,
    fingerprint,
    reusable: state.fingerprint === fingerprint,
    run: {
      id: 'bench',
      source: SOURCE,
      kind: 'poll' as const,
      startedAt: now(),
    },
    signal,
    progress: { doing: '' },
  };
  const answer = await readList(context);
  return answer.type === 'listed'
    ? planList(context, answer, false)
    : undefined;
}

async function planDry(sync: SyncOptions): Promise<unknown> {
  const { knex } = sync;
  const state = await readSourceState({ knex, source: SOURCE });
  const how = { wantsFull: false, asks: true, limit: 50, signal };
  return runDry(sync, { state, ...how });
}

async function measure(
  read: Read,
  sync: SyncOptions,
  count: number,
): Promise<number> {
  globalThis.gc!();
  const before = process.cpuUsage();
  await read(sync);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
