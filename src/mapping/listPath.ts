import type { AstNode } from './ast';
import { isPlainStep } from './plainPath';

/** Where in an answer an expression looks for its list. */
export interface ListPath {
  names: string[];
  /** The list is what stands there, as it is: `a.b`, `[a.b]` or `a.b[]`. */
  isWhole: boolean;
  /** Written so that a single record is a list of one: `[a.b]` or `a.b[]`. */
  keepsArray: boolean;
}

/**
 * The path that an expression starts from, through the filters, functions and
 * brackets around it; undefined where it starts from something else.
 */
export function listPath(ast: AstNode): ListPath | undefined {
  const only = ast.expressions?.length === 1 ? ast.expressions[0] : undefined;
  switch (ast.type) {
    case 'path':
      return pathOf(ast);
    case 'unary':
      return ast.value === '[' && only ? inBrackets(listPath(only)) : undefined;
    case 'block':
      return only && listPath(only);
    case 'function':
      return partial(ast.arguments?.[0]);
    case 'apply':
      return partial(ast.lhs as AstNode);
    default:
      return undefined;
  }
}

function pathOf({ steps = [], keepSingletonArray, ...rest }: AstNode) {
  const [first, ...others] = steps;
  if (first?.type !== 'name' && !isRoot(first)) {
    return partial(first);
  }
  const fromRoot = isRoot(first) ? others : steps;
  const named = fromRoot.findIndex(step => !isStepOfPath(step));
  const plain = named === -1 ? fromRoot : fromRoot.slice(0, named);
  const next = named === -1 ? undefined : fromRoot[named];
  const names = [...plain, ...(next?.type === 'name' ? [next] : [])];
  return names.length
    ? {
        names: names.map(step => String(step.value)),
        isWhole: plain.length === fromRoot.length && !('group' in rest),
        keepsArray: Boolean(keepSingletonArray),
      }
    : undefined;
}

function isRoot(step?: AstNode): boolean {
  return step?.type === 'variable' && ['', '$'].includes(String(step.value));
}

function isStepOfPath({ ...step }: AstNode & { keepArray?: boolean }): boolean {
  delete step.keepArray;
  return isPlainStep(step);
}

function inBrackets(path?: ListPath): ListPath | undefined {
  return path && { ...path, keepsArray: true };
}

function partial(node?: AstNode): ListPath | undefined {
  const path = node && listPath(node);
  return path && { ...path, isWhole: false };
}
