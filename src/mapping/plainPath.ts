import type { JsonValue } from '@backstage/types';
import type { AstNode } from './ast';
import { isJsonataFunction } from './toJson';

const PATH_KEYS = ['type', 'steps'];
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

function hasOnly(node: AstNode, keys: string[]): boolean {
  return Object.keys(node).every(key => keys.includes(key));
}

export type PathValue =
  | { type: 'value'; value: JsonValue | undefined }
  /** There is an array on the way or at the end, which JSONata maps and flattens. */
  | { type: 'needs-jsonata' };

const NEEDS_JSONATA: PathValue = { type: 'needs-jsonata' };
const MISSING: PathValue = { type: 'value', value: undefined };

/** What JSONata gives for a plain path, without what it costs. */
export function readPath(input: JsonValue, path: string[]): PathValue {
  let current: JsonValue | undefined = input;
  for (const name of path) {
    if (current === null || typeof current !== 'object') {
      return MISSING;
    }
    if (Array.isArray(current) || isJsonataFunction(current)) {
      return NEEDS_JSONATA;
    }
    if (!Object.hasOwn(current, name)) {
      return MISSING;
    }
    current = current[name];
  }
  return Array.isArray(current)
    ? NEEDS_JSONATA
    : { type: 'value', value: current };
}
