import type { ProblemCode } from '../lib/problem';

/** What is wrong at one place of an entity. */
export interface Fault {
  code: ProblemCode;
  path: string;
  /**
   * Goes on from the path: `is not a tag; use …`. It is logged, so it holds
   * nothing of the record but what entities are called.
   */
  reason: string;
  /** What is wrong, for people to see. */
  value?: string;
}

const LONGEST_VALUE = 80;

/** A value as JSON on one line, cut short; undefined for none. */
export function shown(value: unknown): string | undefined {
  const text = JSON.stringify(
    typeof value === 'string' ? value.slice(0, 2 * LONGEST_VALUE) : value,
  )?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
  return text !== undefined && text.length > LONGEST_VALUE
    ? `${[...text.slice(0, LONGEST_VALUE)].slice(0, -1).join('')}…`
    : text;
}

function escapeUnits(character: string): string {
  return character.replace(
    /[^]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

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
