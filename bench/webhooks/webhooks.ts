import type { JsonObject } from '@backstage/types';
import { rotate, type Command, type Options } from '../lib/options';
import { withPostgres, type Postgres } from '../lib/postgres';
import type { AddFigures, Figures, Report } from '../lib/report';
import { waitUntil, withBackend, type Backend } from '../lib/withBackend';
import { DIALECTS, DIALECT_SENDERS } from './dialects';
import { type Issuer, startIssuer } from './issuer';
import {
  SECRET,
  SENDER,
  SENDER_CONFIG,
  TOKEN_SENDER,
  tokenSenderConfig,
} from './request';
import { startSender } from './sender';
import { ROWS_TABLE } from './subjects';

const CONNECTIONS = [10, 50];

const caseOf = (connections: number) => `load, ${connections} connections`;

const DELIVERIES = 'custom_data_deliveries';

/** Where a subject keeps what it has answered 202, and how many of the requests it gets. */
const SUBJECTS: Record<string, { table?: string; share: number }> = {
  module: { table: DELIVERIES, share: 1 },
  tokens: { table: DELIVERIES, share: 1 },
  'insert-each': { table: ROWS_TABLE, share: 1 },
  events: { share: 0.2 },
  ...Object.fromEntries(
    Object.keys(DIALECTS).map(name => [name, { table: DELIVERIES, share: 1 }]),
  ),
};

/** Sent before, until V8 has compiled what is used often. */
const WARM_UP = 1.5;

/** All subjects have it, and each reads its own part. */
const configWith = (issuer: Issuer): JsonObject => ({
  catalog: {
    customData: {
      webhooks: {
        [SENDER]: SENDER_CONFIG,
        [TOKEN_SENDER]: tokenSenderConfig(issuer),
        ...DIALECT_SENDERS,
      },
    },
  },
  events: { modules: { github: { webhookSecret: SECRET } } },
});

/** What taking webhooks costs, and whether any is lost. A record is a request. */
export const webhooks: Command = {
  defaults: {
    records: 6_000,
    rounds: 3,
    cases: ['load', 'crash'],
    subjects: Object.keys(SUBJECTS),
  },
  async run(options, report) {
    await withPostgres(report, async postgres => {
      const sender = startSender();
      const { issuer, stop } = await startIssuer();
      for (let round = 0; round < options.rounds; round += 1) {
        const parts = { report, postgres, sender, issuer, round };
        await measureRound({ ...options, ...parts });
      }
      await sender.stop();
      stop();
    });
    addTargets(report);
  },
};

interface Round extends Options {
  report: Report;
  postgres: Postgres;
  sender: ReturnType<typeof startSender>;
  issuer: Issuer;
  round: number;
}

async function measureRound(round: Round): Promise<void> {
  const { report, postgres, cases, subjects, issuer } = round;
  const config = configWith(issuer);
  const file = 'webhooks/subjects.ts';
  if (cases.includes('load')) {
    for (const subject of rotate(subjects, round.round)) {
      await report.round(subject, CONNECTIONS.map(caseOf), add =>
        withBackend({ postgres, file, subject, config }, backend =>
          measureLoad(round, subject, backend, add),
        ),
      );
    }
  }
  if (cases.includes('crash')) {
    const subject = 'module';
    await report.round(subject, ['crash'], add =>
      withBackend({ postgres, file, subject, config }, async backend =>
        add('crash', await measureCrash(round, backend)),
      ),
    );
  }
}

async function measureLoad(
  { sender, issuer, round, records }: Round,
  subject: string,
  backend: Backend,
  add: AddFigures,
): Promise<void> {
  const { table, share } = SUBJECTS[subject];
  const requests = Math.ceil(records * share);
  const load = { subject, port: backend.port, requests, issuer };
  const warmUp = Math.ceil(requests * WARM_UP);
  const sent = [
    await sender.send({ ...load, connections: 50, requests: warmUp }),
  ];
  for (const connections of rotate(CONNECTIONS, round)) {
    if (table === DELIVERIES) {
      await untilCompleted(backend);
    }
    const result = await sender.send({ ...load, connections });
    sent.push(result);
    const accepted = sent.flatMap(one => one.accepted).length;
    const stored = table ? await countRows(backend, table) : accepted;
    if (stored !== accepted) {
      throw new Error(`${accepted} answered 202, but ${stored} are stored`);
    }
    add(caseOf(connections), result.figures);
  }
}

/** Kills the backend in the middle of a load, and looks for what it has acknowledged. */
async function measureCrash(
  { sender, records }: Round,
  backend: Backend,
): Promise<Figures> {
  const { port, knex, kill } = backend;
  const load = { subject: 'module', port, connections: 50, requests: records };
  const sending = sender.send(load);
  const isUnderWay = async () =>
    (await countRows(backend, DELIVERIES)) >= records / 5;
  await waitUntil('A fifth is stored', isUnderWay, {
    everyMs: 10,
    timeoutMs: 60_000,
  });
  await kill();
  const { accepted, figures } = await sending;
  if (figures.errors === 0) {
    throw new Error('The load was over before the backend was killed');
  }
  const stored = new Set(await knex(DELIVERIES).pluck('external_id'));
  const lost = accepted.filter(id => !stored.has(id)).length;
  return { acknowledged: accepted.length, lost };
}

/** Deliveries are processed after their answer. */
export async function untilCompleted({ knex }: Backend): Promise<void> {
  const isDone = async () =>
    !(await knex(DELIVERIES).whereNotNull('due_at').first('delivery_id'));
  await waitUntil('All deliveries are processed', isDone, {
    everyMs: 100,
    timeoutMs: 120_000,
  });
}

async function countRows({ knex }: Backend, table: string): Promise<number> {
  const [{ rows }] = await knex(table).count({ rows: '*' });
  return Number(rows);
}

function addTargets(report: Report): void {
  for (const name of CONNECTIONS.map(caseOf)) {
    const own = (figure: string) => report.figure('module', name, figure);
    const ofRate = (subject: string) =>
      own('per second') / report.figure(subject, name, 'per second');
    report.atLeast(0.7, `${name}: requests a second, of insert-each`, () =>
      ofRate('insert-each'),
    );
    report.atLeast(4, `${name}: requests a second, of events`, () =>
      ofRate('events'),
    );
    report.atLeast(
      0.5,
      `${name}: requests a second with tokens, of those with an HMAC`,
      () =>
        report.figure('tokens', name, 'per second') /
        report.figure('module', name, 'per second'),
    );
    report.atMost(
      4,
      `${name}: p99, of p50`,
      () => own('p99 ms') / own('p50 ms'),
    );
    report.atMost(0, `${name}: errors`, () => own('errors'));
    for (const dialect of Object.keys(DIALECTS)) {
      report.atLeast(
        0.8,
        `${name}: requests a second of dialect ${dialect}, of catalog`,
        () => 1 / ofRate(dialect),
      );
    }
  }
  report.atMost(0, 'crash: acknowledged and lost', () =>
    report.figure('module', 'crash', 'lost'),
  );
}
