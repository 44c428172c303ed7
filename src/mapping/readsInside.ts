import type { AstNode } from './ast';
import { listPath } from './listPath';

/**
 * Whether an expression may look at the list at `path`, or at what is in it.
 * Only a path that leads elsewhere certainly does not: neither into the list
 * nor to something that holds it.
 */
export function readsInside(ast: AstNode, path: string[]): boolean {
  const own = listPath(ast);
  if (!own?.isWhole) {
    return true;
  }
  const shared = Math.min(own.names.length, path.length);
  return own.names
    .slice(0, shared)
    .every((name, index) => name === path[index]);
}
