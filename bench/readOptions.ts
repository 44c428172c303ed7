import { InputError } from '@backstage/errors';
import { parseArgs } from 'node:util';
import { CASES, type CaseName } from './cases';
import { SUBJECTS, type SubjectName } from './subjects/names';

const COMMANDS = ['ingest', 'memory', 'mapping'] as const;

export interface BenchOptions {
  command: (typeof COMMANDS)[number];
  records: number;
  rounds: number;
  cases: CaseName[];
  subjects: SubjectName[];
  /** File that takes the results. */
  json?: string;
}

const RECORDS = { ingest: 10_000, memory: 100_000, mapping: 10_000 };
const ROUNDS = { ingest: 5, memory: 3, mapping: 7 };

/** From so many records on, there are three rounds at most, to be done within ten minutes. */
const MANY = 20_000;

export function readOptions(args: string[]): BenchOptions {
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
  return {
    command,
    records,
    rounds: count('--rounds', values.rounds, rounds),
    cases: chosen('--cases', values.cases, CASES),
    subjects: chosen('--subjects', values.subjects, SUBJECTS),
    json: values.json,
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
