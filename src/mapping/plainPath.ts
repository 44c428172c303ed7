import type { JsonValue } from '@backstage/types';
import { hasOnly, type AstNode } from './ast';
import { isJsonataFunction } from './toJson';

/** Of a path that has nothing beside its steps. */
export const PATH_KEYS = ['type', 'steps'];
const STEP_KEYS = ['type', 'value', 'position'];

/** The names of an expression that is nothing but a path, such as `a.b.c`. */
export function plainPath(ast: AstNode): string[] | undefined {
  return ast.type === 'path' &&
    hasOnly(ast, PATH_KEYS) &&
    ast.steps?.every(isPlainStep)
    ? ast.steps.map(step => step.value as string)
    : undefined;
}

/** Whether a step of a path is a name and nothing more: no filter, no binding. */
export function isPlainStep(step: AstNode): boolean {
  return step.type === 'name' && hasOnly(step, STEP_KEYS);
}

/** Stands for a value that only JSONata can tell. */
export const NEEDS_JSONATA = Symbol('needs JSONata');

/**
 * What JSONata gives for a plain path, without what it costs. It is left to
 * JSONata where there is an array on the way, which it maps and flattens, or
 * what it takes for a function. An array at the end is as it is.
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
