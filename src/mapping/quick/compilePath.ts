import type { JsonValue } from '@backstage/types';
import { hasOnly, type AstNode } from '../ast';
import {
  isPlainStep,
  NEEDS_JSONATA,
  PATH_KEYS,
  plainPath,
  readPath,
} from '../plainPath';
import type { Quick } from './operations';

/** As many items are mapped at once; JSONata counts and bounds those of longer lists. */
const MAX_ITEMS = 1000;

/** Compiles a path of names, whose last step may be any expression: `a.b`, `a.("x" & $)`. */
export function compilePath(
  ast: AstNode,
  compile: (node: AstNode) => Quick | undefined,
): Quick | undefined {
  const names = plainPath(ast);
  if (names) {
    return input => readPath(input, names);
  }
  const steps = ast.steps ?? [];
  const last = steps.at(-1);
  if (
    !last ||
    steps.length < 2 ||
    !steps.slice(0, -1).every(isPlainStep) ||
    // Lists that a step writes are not flattened.
    (last.type === 'unary' && last.value === '[') ||
    !hasOnly(ast, PATH_KEYS)
  ) {
    return undefined;
  }
  const item = compile(last);
  const path = steps.slice(0, -1).map(step => step.value as string);
  return item && (input => mapItems(readPath(input, path), item));
}

/** What an expression gives for a value, or for each of a list: none, the only one, or a list. */
function mapItems(
  value: ReturnType<typeof readPath>,
  evaluate: Quick,
): unknown {
  if (value === undefined || value === NEEDS_JSONATA) {
    return value;
  }
  const items: JsonValue[] = Array.isArray(value) ? value : [value];
  if (items.length > MAX_ITEMS) {
    return NEEDS_JSONATA;
  }
  const given: unknown[] = [];
  for (const item of items) {
    const one = Array.isArray(item) ? NEEDS_JSONATA : evaluate(item);
    if (one === NEEDS_JSONATA || Array.isArray(one)) {
      return NEEDS_JSONATA;
    }
    if (one !== undefined) {
      given.push(one);
    }
  }
  return given.length > 1 ? given : given[0];
}
