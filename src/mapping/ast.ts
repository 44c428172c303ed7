/** A node of JSONata's syntax tree, whose published types leave most of it out. */
export interface AstNode {
  type?: string;
  value?: unknown;
  position?: number;
  steps?: AstNode[];
  expressions?: AstNode[];
  arguments?: AstNode[];
  lhs?: AstNode | AstNode[][];
  rhs?: AstNode;
  procedure?: AstNode;
  condition?: AstNode;
  then?: AstNode;
  else?: AstNode;
  keepSingletonArray?: boolean;
}

/** Every node below and including this one. */
export function* nodesOf(root: object): Generator<AstNode> {
  const seen = new Set<object>();
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (!seen.has(node)) {
      seen.add(node);
      yield node as AstNode;
      waiting.push(...Object.values(node).filter(isObject));
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a node has no more to it than these keys. */
export function hasOnly(node: AstNode, keys: string[]): boolean {
  return Object.keys(node).every(key => keys.includes(key));
}
