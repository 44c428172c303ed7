import type { AstNode } from '../ast';
import { listPath } from '../listPath';

/** Members of a node that are evaluated against something else than the node is. */
const ELSEWHERE = [
  'stages',
  'predicate',
  'group',
  'terms',
  'pattern',
  'update',
  'delete',
];

/**
 * The paths of the record that an expression names, each as far as it is plain:
 * of `links[type = "url"].href` it is `links`, and `[]` is the whole record.
 * None of what is named relative to something else, such as `type` there, or by
 * way of a variable.
 */
export function pathsOf(ast: AstNode): string[][] {
  const found = new Map<string, string[]>();
  const seen = new Set<unknown>();
  visit(ast, true);
  return [...found.values()];

  function visit(node: unknown, isAtRecord: boolean): void {
    if (typeof node !== 'object' || node === null || seen.has(node)) {
      return;
    }
    seen.add(node);
    if ((node as AstNode).type === 'path') {
      visitPath(node, isAtRecord);
    } else if (isWholeRecord(node, isAtRecord)) {
      add([]);
    }
    visitMembers(node, isAtRecord);
  }

  function visitPath({ steps = [], ...node }: AstNode, isAtRecord: boolean) {
    const [first, ...others] = steps;
    const isAnchored =
      first.type === 'name' ? isAtRecord : isRecord(first, isAtRecord);
    const path = isAnchored ? listPath({ ...node, steps }) : undefined;
    if (path) {
      add(path.names);
      seen.add(first);
      visitMembers(first, false);
    } else {
      visit(first, isAtRecord);
    }
    others.forEach(step => visit(step, false));
  }

  function visitMembers(node: object, isAtRecord: boolean): void {
    for (const [key, member] of Object.entries(node)) {
      const isHere = isAtRecord && !ELSEWHERE.includes(key);
      for (const each of Array.isArray(member) ? member.flat() : [member]) {
        visit(each, isHere);
      }
    }
  }

  function add(names: string[]): void {
    found.set(JSON.stringify(names), names);
  }
}

function isWholeRecord(node: AstNode, isAtRecord: boolean): boolean {
  return (
    isRecord(node, isAtRecord) ||
    (isAtRecord && ['wildcard', 'descendant'].includes(node.type ?? ''))
  );
}

/** `$$`, or `$` where that is the record. */
function isRecord({ type, value }: AstNode, isAtRecord: boolean): boolean {
  return type === 'variable' && (value === '$' || (isAtRecord && value === ''));
}
