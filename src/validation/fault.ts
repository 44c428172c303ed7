import type { ProblemCode } from '../model/problem';

/** What is wrong at one place of an entity. */
export interface Fault {
  code: ProblemCode;
  path: string;
  /** Goes on from the path: `is "a b", which …`. */
  reason: string;
}

const LONGEST_VALUE = 80;

/** A value in quotes, cut short. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : toText(value);
  return text.length > LONGEST_VALUE
    ? `"${text.slice(0, LONGEST_VALUE)}…"`
    : `"${text}"`;
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
