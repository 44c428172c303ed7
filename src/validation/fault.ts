import type { ProblemCode } from '../model/problem';

/** What is wrong at one place of an entity. */
export interface Fault {
  code: ProblemCode;
  path: string;
  /** Goes on from the path: `is "a b", which …`. */
  reason: string;
}

const LONGEST_VALUE = 80;

/**
 * A value in quotes, cut short. Escaped as JSON, since it comes from outside
 * and goes into logs and tables.
 */
export function quote(value: unknown): string {
  const text =
    typeof value === 'string' ? value : JSON.stringify(value) ?? String(value);
  return JSON.stringify(
    text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text,
  );
}
