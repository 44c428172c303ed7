import { InputError } from '@backstage/errors';
import { parseArgs } from 'node:util';
import type { Report } from './report';

/** What a command measures. */
export interface Options {
  records: number;
  rounds: number;
  cases: readonly string[];
  subjects: readonly string[];
}

export interface Command {
  /** What holds where no flag says otherwise: all cases, all subjects. */
  defaults: Options;
  run(options: Options, report: Report): Promise<void>;
}

export function readOptions<T extends string>(
  args: string[],
  commands: Record<T, Command>,
): Options & { command: T; json?: string } {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: text,
      records: text,
      rounds: text,
      cases: text,
      subjects: text,
    },
  });
  const names = Object.keys(commands) as T[];
  const [command] = positionals as T[];
  if (positionals.length !== 1 || !names.includes(command)) {
    throw new InputError(`Name one command: ${names.join(', ')}`);
  }
  const { defaults } = commands[command];
  return {
    command,
    json: values.json,
    records: readCount('records', values.records) ?? defaults.records,
    rounds: readCount('rounds', values.rounds) ?? defaults.rounds,
    cases: readNames('cases', values.cases, defaults.cases),
    subjects: readNames('subjects', values.subjects, defaults.subjects),
  };
}

/** A number above 0. */
export function readCount(flag: string, value?: string): number | undefined {
  if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
    throw new InputError(`--${flag} is "${value}", not a number above 0`);
  }
  return value === undefined ? undefined : Number(value);
}

/** The named ones of those that are known, in the order of these. */
function readNames(
  flag: string,
  value: string | undefined,
  known: readonly string[],
): readonly string[] {
  const named = value?.split(',') ?? known;
  const unknown = named.find(name => !known.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `--${flag} has "${unknown}", not one of ${known.join(', ')}`,
    );
  }
  return known.filter(name => named.includes(name));
}

/** Begins with another one in each round, so that none always comes first. */
export function rotate<T>(list: readonly T[], round: number): T[] {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
