import { InputError } from '@backstage/errors';
import { parseArgs } from 'node:util';

export interface FuzzOptions {
  cases: number;
  seed: number;
  /** How long it may take. */
  seconds: number;
}

export function readFuzzOptions(args: string[], anySeed: number): FuzzOptions {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string' },
      seed: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  return {
    cases: number('--cases', values.cases, 100_000),
    seed: number('--seed', values.seed, anySeed),
    seconds: number('--seconds', values.seconds, 450),
  };
}

function number(
  name: string,
  value: string | undefined,
  otherwise: number,
): number {
  if (value === undefined) {
    return otherwise;
  }
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new InputError(`${name} is "${value}", not a number above 0`);
  }
  return Number(value);
}
