import type { JsonValue } from '@backstage/types';
import type { OwnFunction } from '../functions/createFunctions';
import { isJsonataFunction } from '../toJson';

/** Thrown for what only JSONata can evaluate, before and during an evaluation. */
export const NEEDS_JSONATA = new Error('Only JSONata can evaluate this');

/** Evaluates an expression. Throws if the result may differ from JSONata's. */
export type Quick = (input: JsonValue) => unknown;

/**
 * The value at a plain path. A path through an array is left to JSONata, which
 * maps and flattens it. So is an object that JSONata takes for a function. An
 * array at the end of the path is returned as it is.
 */
export function readPath(
  input: JsonValue,
  path: string[],
): JsonValue | undefined {
  let current: JsonValue | undefined = input;
  for (const name of path) {
    if (current === null || typeof current !== 'object') {
      return undefined;
    }
    if (Array.isArray(current) || isJsonataFunction(current)) {
      throw NEEDS_JSONATA;
    }
    if (!Object.hasOwn(current, name)) {
      return undefined;
    }
    current = current[name];
  }
  if (isJsonataFunction(current)) {
    throw NEEDS_JSONATA;
  }
  return current;
}

/** A value as text. Objects are left to JSONata, and so are fractions, which it rounds. */
export function stringOf(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw NEEDS_JSONATA;
  }
  return value === undefined ? undefined : String(simple(value));
}

/** Whether a value counts as true in a condition. */
export function isTrue(value: unknown): boolean {
  return Boolean(simple(value));
}

/** What is neither an object nor a list. */
function simple(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    throw NEEDS_JSONATA;
  }
  return value;
}

type Compare = (left: any, right: any) => boolean;

/** The comparisons by their operator. */
export const COMPARISONS = new Map<unknown, Compare>([
  ['=', ofSimple((left, right) => left === right)],
  ['!=', ofSimple((left, right) => left !== right)],
  ['<', ofOrdered((left, right) => left < right)],
  ['<=', ofOrdered((left, right) => left <= right)],
  ['>', ofOrdered((left, right) => left > right)],
  ['>=', ofOrdered((left, right) => left >= right)],
]);

function ofSimple(compare: Compare): Compare {
  return (left, right) =>
    [left, right].every(value => simple(value) !== undefined) &&
    compare(left, right);
}

function ofOrdered(compare: Compare): Compare {
  return (left, right) => {
    if (
      typeof left !== typeof right ||
      !['string', 'number'].includes(typeof left)
    ) {
      throw NEEDS_JSONATA;
    }
    return compare(left, right);
  };
}

const one = { min: 1, max: 1 };

/** JSONata's own functions of texts, for arguments that JSONata accepts as well. */
export const BUILT_IN = new Map<string, Pick<OwnFunction, 'run' | 'takes'>>([
  ['exists', { run: value => value !== undefined, takes: one }],
  ['string', { run: stringOf, takes: one }],
  ['type', { run: typeOf, takes: one }],
  ['lowercase', ofText(text => text.toLowerCase())],
  ['uppercase', ofText(text => text.toUpperCase())],
]);

function typeOf(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  return simple(value) === null ? 'null' : typeof value;
}

function ofText(run: (text: string) => unknown) {
  return {
    run: (text: unknown) =>
      text === undefined ? undefined : run(asText(text)),
    takes: one,
  };
}

function asText(value: unknown): string {
  if (typeof value !== 'string') {
    throw NEEDS_JSONATA;
  }
  return value;
}
