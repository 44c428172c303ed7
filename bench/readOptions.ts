import { InputError } from '@backstage/errors';
import { parseArgs } from 'node:util';
import { CASES, type CaseName } from './cases';
import { SUBJECTS, type SubjectName } from './subjects/names';
import {
  WEBHOOK_CASES,
  WEBHOOK_SUBJECTS,
  type WebhookCase,
  type WebhookSubject,
} from './webhooks/names';

const COMMANDS = ['ingest', 'memory', 'mapping', 'webhooks'] as const;

interface CommonOptions {
  records: number;
  rounds: number;
  /** File that takes the results. */
  json?: string;
}

/** Of how entities get into the catalog. */
export interface BenchOptions extends CommonOptions {
  command: Exclude<(typeof COMMANDS)[number], 'webhooks'>;
  cases: CaseName[];
  subjects: SubjectName[];
}

/** Of webhooks; `records` are the entities of the catalog. */
export interface WebhookOptions extends CommonOptions {
  command: 'webhooks';
  cases: WebhookCase[];
  subjects: WebhookSubject[];
}

const RECORDS = {
  ingest: 10_000,
  memory: 100_000,
  mapping: 10_000,
  webhooks: 10_000,
};
const ROUNDS = { ingest: 5, memory: 3, mapping: 7, webhooks: 3 };

/** From so many records on, there are three rounds at most, to be done within ten minutes. */
const MANY = 20_000;

export function readOptions(args: string[]): BenchOptions | WebhookOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      records: { type: 'string' },
      rounds: { type: 'string' },
      cases: { type: 'string' },
      subjects: { type: 'string' },
    },
  });
  const [command] = chosen('command', positionals.join(), COMMANDS);
  if (positionals.length !== 1) {
    throw new InputError(`One command is needed: ${COMMANDS.join(', ')}`);
  }
  const records = count('--records', values.records, RECORDS[command]);
  const rounds =
    records < MANY ? ROUNDS[command] : Math.min(ROUNDS[command], 3);
  const common = {
    records,
    rounds: count('--rounds', values.rounds, rounds),
    json: values.json,
  };
  return command === 'webhooks'
    ? {
        ...common,
        command,
        cases: chosen('--cases', values.cases, WEBHOOK_CASES),
        subjects: chosen('--subjects', values.subjects, WEBHOOK_SUBJECTS),
      }
    : {
        ...common,
        command,
        cases: chosen('--cases', values.cases, CASES),
        subjects: chosen('--subjects', values.subjects, SUBJECTS),
      };
}

function count(
  name: string,
  value: string | undefined,
  otherwise: number,
): number {
  if (value === undefined) {
    return otherwise;
  }
  if (!/^[1-9]\d{0,6}$/.test(value)) {
    throw new InputError(`${name} is "${value}", not a number above 0`);
  }
  return Number(value);
}

/** Those that are named, in their own order; all of them where none is. */
function chosen<T extends string>(
  name: string,
  value: string | undefined,
  known: readonly T[],
): T[] {
  const named = value === undefined ? [...known] : value.split(',');
  const unknown = named.find(one => !known.includes(one as T));
  if (unknown !== undefined) {
    throw new InputError(
      `${name} has "${unknown}"; there is ${known.join(', ')}`,
    );
  }
  return known.filter(one => named.includes(one));
}
