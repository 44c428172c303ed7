import type { JsonValue } from '@backstage/types';
import type { OwnFunction } from '../functions/createFunctions';
import { isJsonataFunction } from '../toJson';

/** Stands for a value that only JSONata can compute. */
export const NEEDS_JSONATA = Symbol('needs JSONata');

/**
 * Evaluates an expression. Returns `NEEDS_JSONATA` or throws if the result may
 * differ from JSONata's.
 */
export type Quick = (input: JsonValue) => unknown;

type OrJsonata<T> = T | typeof NEEDS_JSONATA;

/**
 * The value at a plain path. A path through an array is left to JSONata, which
 * maps and flattens it. So is an object that JSONata takes for a function. An
 * array at the end of the path is returned as it is.
 */
export function readPath(
  input: JsonValue,
  path: string[],
): JsonValue | undefined | typeof NEEDS_JSONATA {
  let current: JsonValue | undefined = input;
  for (const name of path) {
    if (current === null || typeof current !== 'object') {
      return undefined;
    }
    if (Array.isArray(current) || isJsonataFunction(current)) {
      return NEEDS_JSONATA;
    }
    if (!Object.hasOwn(current, name)) {
      return undefined;
    }
    current = current[name];
  }
  return typeof current === 'object' &&
    current !== null &&
    isJsonataFunction(current)
    ? NEEDS_JSONATA
    : current;
}

/** A value as text. Objects are left to JSONata, and so are fractions, which it rounds. */
export function textOf(value: unknown): OrJsonata<string | undefined> {
  switch (typeof value) {
    case 'undefined':
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : NEEDS_JSONATA;
    default:
      return value === null ? 'null' : NEEDS_JSONATA;
  }
}

/** Whether a value counts as true in a condition. */
export function isTrue(value: unknown): OrJsonata<boolean> {
  return typeof value === 'symbol' || (typeof value === 'object' && value)
    ? NEEDS_JSONATA
    : Boolean(value);
}

type Compare = (left: unknown, right: unknown) => unknown;

const ORDERS: Record<string, (left: any, right: any) => boolean> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

/** The comparison of an operator; undefined for another operator. */
export function compareWith(operator: string): Compare | undefined {
  if (operator === '=' || operator === '!=') {
    return (left, right) =>
      isSimple(left) && isSimple(right)
        ? left !== undefined &&
          right !== undefined &&
          (left === right) === (operator === '=')
        : NEEDS_JSONATA;
  }
  const order = Object.hasOwn(ORDERS, operator) ? ORDERS[operator] : undefined;
  return (
    order &&
    ((left, right) =>
      typeof left === typeof right &&
      (typeof left === 'string' || typeof left === 'number')
        ? order(left, right)
        : NEEDS_JSONATA)
  );
}

function isSimple(value: unknown): boolean {
  return value === null || !['object', 'symbol'].includes(typeof value);
}

/** JSONata's own functions of texts, for arguments that JSONata accepts as well. */
export const BUILT_IN = new Map<string, Pick<OwnFunction, 'run' | 'takes'>>([
  ['exists', { run: value => value !== undefined, takes: { min: 1, max: 1 } }],
  ['string', { run: textOf, takes: { min: 1, max: 1 } }],
  ['type', { run: typeOf, takes: { min: 1, max: 1 } }],
  ['lowercase', ofText(text => text.toLowerCase())],
  ['uppercase', ofText(text => text.toUpperCase())],
  ['contains', ofTexts((text, part) => text.includes(part))],
  ['substringBefore', ofTexts(before)],
  ['substringAfter', ofTexts(after)],
]);

function before(text: string, part: string): string {
  const at = text.indexOf(part);
  return at === -1 ? text : text.slice(0, at);
}

function after(text: string, part: string): string {
  const at = text.indexOf(part);
  return at === -1 ? text : text.slice(at + part.length);
}

function typeOf(value: unknown): OrJsonata<string | undefined> {
  if (value === undefined || value === null) {
    return value === null ? 'null' : undefined;
  }
  return typeof value === 'object' ? NEEDS_JSONATA : typeof value;
}

function ofText(run: (text: string) => unknown) {
  return {
    run: (text: unknown) => {
      if (text === undefined) {
        return undefined;
      }
      return typeof text === 'string' ? run(text) : NEEDS_JSONATA;
    },
    takes: { min: 1, max: 1 },
  };
}

function ofTexts(run: (text: string, part: string) => unknown) {
  return {
    run: (text: unknown, part: unknown) =>
      typeof text === 'string' && typeof part === 'string'
        ? run(text, part)
        : NEEDS_JSONATA,
    takes: { min: 2, max: 2 },
  };
}
