import { resolve } from 'node:path';
import type { Postgres } from '../measure/startPostgres';
import { waitUntil } from '../measure/waitUntil';
import type { WebhookOptions } from '../readOptions';
import type { RoundResults } from '../report/RoundResults';
import { startLoad, type Load } from '../webhooks/load/startLoad';
import { caseName, CONNECTIONS, type WebhookSubject } from '../webhooks/names';
import { ROWS_TABLE } from '../webhooks/rowsTable';
import {
  startBackend,
  type RunningBackend,
} from '../webhooks/subjects/startBackend';
import { subjectConfig } from '../webhooks/subjects/subjectConfig';
import { rotate } from './rotate';

const PREFIX = 'bench_';

/** How many requests are measured: of the slow one fewer. */
const requestsOf = (subject: WebhookSubject) =>
  subject === 'events' ? 1_200 : 6_000;

/** How many go ahead, until V8 has compiled what is used often: a backend runs for days. */
const warmUpsOf = (subject: WebhookSubject) =>
  subject === 'events' ? 600 : 9_000;

/** The others have their own ideas of a refusal. */
const REFUSING: WebhookSubject[] = ['module', 'bare'];

/** Where those keep what they have accepted that keep it. */
const TABLES: Partial<Record<WebhookSubject, string>> = {
  module: 'custom_data_deliveries',
  'insert-each': ROWS_TABLE,
  'insert-together': ROWS_TABLE,
};

type Options = Pick<WebhookOptions, 'cases' | 'subjects' | 'rounds'> & {
  results: RoundResults;
};

/** What there is to measure of one subject. */
const casesOf = (subject: WebhookSubject, { cases }: Options) => ({
  load: cases.includes('load'),
  refused: cases.includes('refused') && REFUSING.includes(subject),
});

export function expectLoad(options: Options): void {
  const { subjects, rounds, results } = options;
  for (const connections of CONNECTIONS) {
    for (const subject of subjects) {
      const { load, refused } = casesOf(subject, options);
      const expect = (name: 'load' | 'refused') =>
        results.expect(
          {
            subject,
            case: caseName(name, connections),
            records: requestsOf(subject),
          },
          rounds,
        );
      if (load) {
        expect('load');
      }
      if (refused) {
        expect('refused');
      }
    }
  }
}

/**
 * Each subject in each round: a fresh backend and fresh databases, and who
 * sends in another process. Rounds begin with another subject each.
 */
export async function measureLoad(
  postgres: Postgres,
  options: Options,
): Promise<void> {
  const load = startLoad();
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const subject of rotate(options.subjects, round)) {
        const todo = casesOf(subject, options);
        if (todo.load || todo.refused) {
          await measureSubject({ ...options, postgres, load, subject, round });
        }
      }
    }
  } finally {
    await load.stop();
  }
}

interface SubjectRound extends Options {
  postgres: Postgres;
  load: Load;
  subject: WebhookSubject;
  round: number;
}

async function measureSubject(options: SubjectRound): Promise<void> {
  const { postgres, subject, round, results } = options;
  const todo = casesOf(subject, options);
  const connections = rotate(CONNECTIONS, round);
  let backend: RunningBackend | undefined;
  try {
    backend = await startBackend({
      file: resolve(__dirname, '../webhooks/subjects/process.ts'),
      postgres,
      prefix: PREFIX,
      config: subjectConfig(subject),
      env: { BENCH_SUBJECT: subject },
    });
    if (todo.load) {
      await measureAccepting({ ...options, backend }, connections);
    }
    if (todo.refused) {
      await measureRefusing({ ...options, backend }, connections);
    }
  } catch (error) {
    for (const number of connections) {
      results.fail({ subject, case: caseName('load', number) }, error);
      results.fail({ subject, case: caseName('refused', number) }, error);
    }
  } finally {
    await backend?.stop();
    await postgres.drop(PREFIX);
  }
}

type Running = SubjectRound & { backend: RunningBackend };

async function measureAccepting(
  options: Running,
  numbers: number[],
): Promise<void> {
  const { subject, load, backend, results } = options;
  const { port } = backend;
  const order = { subject, port, status: 202, forged: false };
  const requests = requestsOf(subject);
  const warmUp = { ...order, connections: 50, requests: warmUpsOf(subject) };
  let accepted = (await load.send(warmUp)).statuses[202] ?? 0;
  for (const connections of numbers) {
    await settled(options);
    const measured = await load.send({ ...order, connections, requests });
    accepted += measured.statuses[202] ?? 0;
    await assertStored(options, accepted);
    const { perSecond, p50Ms, p99Ms, errors } = measured;
    results.add(
      { subject, case: caseName('load', connections) },
      { perSecond, p50Ms, p99Ms, errors },
    );
  }
}

async function measureRefusing(
  options: Running,
  numbers: number[],
): Promise<void> {
  const { subject, load, backend, results } = options;
  const { port } = backend;
  const order = { subject, port, status: 401, forged: true };
  const requests = requestsOf(subject);
  const warmUp = { ...order, connections: 50, requests: warmUpsOf(subject) };
  await load.send(warmUp);
  await settled(options);
  const measurements = [];
  for (const connections of numbers) {
    const measured = await load.send({ ...order, connections, requests });
    measurements.push({ connections, ...measured });
  }
  const statements = await countStatements(options);
  for (const { connections, ...measured } of measurements) {
    const { perSecond, p50Ms, p99Ms, errors } = measured;
    results.add(
      { subject, case: caseName('refused', connections) },
      { perSecond, p50Ms, p99Ms, errors, statements },
    );
  }
}

/** By a count that is shown to count: what is accepted has statements. */
async function countStatements(options: Running): Promise<number> {
  const { subject, load, backend } = options;
  const { ask, port } = backend;
  const order = { subject, port, connections: 10 };
  await ask('countStatements');
  await load.send({ ...order, status: 401, forged: true, requests: 300 });
  const refused = await ask<number>('statements');
  if (subject === 'module') {
    await ask('countStatements');
    await load.send({ ...order, status: 202, forged: false, requests: 30 });
    if ((await ask<number>('statements')) === 0) {
      throw new Error('Statements are not counted: accepting took none');
    }
  }
  return refused;
}

/** What was taken before is done with; this module goes on with it after its answer. */
async function settled({ subject, backend }: Running): Promise<void> {
  if (subject !== 'module') {
    return;
  }
  await waitUntil(
    'Deliveries are settled',
    async () =>
      (await backend
        .knex('custom_data_deliveries')
        .whereNotNull('due_at')
        .first('delivery_id')) === undefined,
    { everyMs: 100, timeoutMs: 120_000 },
  );
}

/** A 202 that is not stored is no measurement. */
async function assertStored(
  { subject, backend }: Running,
  accepted: number,
): Promise<void> {
  const table = TABLES[subject];
  if (!table) {
    return;
  }
  const [{ stored }] = await backend
    .knex(table)
    .select(backend.knex.raw('count(*)::int as stored'));
  if (stored !== accepted) {
    throw new Error(`${accepted} were accepted, and ${stored} are stored`);
  }
}
