/** A node of JSONata's syntax tree. The library's own type lacks most of these fields. */
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
  /** A variable that a step of a path sets, by `@$name` and `#$name`. */
  focus?: string;
  index?: string;
}

/** The node and all nodes below it. */
export function* nodesOf(root: object): Generator<AstNode> {
  const seen = new Set<object>();
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (!seen.has(node)) {
      seen.add(node);
      yield node as AstNode;
      pending.push(...Object.values(node).filter(isContainer));
    }
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a node has no other keys than these. */
export function hasOnly(node: AstNode, keys: string[]): boolean {
  return Object.keys(node).every(key => keys.includes(key));
}

const STEP_KEYS = ['type', 'value', 'position'];

/** The names of an expression that is only a path, such as `a.b.c`. */
export function plainPath(ast: AstNode): string[] | undefined {
  return ast.type === 'path' &&
    hasOnly(ast, ['type', 'steps']) &&
    ast.steps?.every(isPlainStep)
    ? ast.steps.map(step => step.value as string)
    : undefined;
}

/** Whether a step of a path is only a name, without a filter or a binding. */
export function isPlainStep(step: AstNode): boolean {
  return step.type === 'name' && hasOnly(step, STEP_KEYS);
}

/** Where an expression looks for the list in an answer. */
export interface ListPath {
  names: string[];
  /** Whether the expression is only the path: `a.b`, `[a.b]` or `a.b[]`. */
  isWhole: boolean;
  /** Whether a single record counts as a list of one: `[a.b]` or `a.b[]`. */
  keepsArray: boolean;
}

/**
 * The path that an expression starts from, inside the filters, functions and
 * brackets around it. Undefined if it starts from something else.
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
  const end = fromRoot.findIndex(step => !isStepOfPath(step));
  // A name with a filter still belongs to the path.
  const names = fromRoot.filter(
    ({ type }, index) =>
      end === -1 || index < end || (index === end && type === 'name'),
  );
  return names.length
    ? {
        names: names.map(step => String(step.value)),
        isWhole: end === -1 && !('group' in rest),
        keepsArray: Boolean(keepSingletonArray),
      }
    : undefined;
}

function isRoot(step?: AstNode): boolean {
  return step?.type === 'variable' && ['', '$'].includes(String(step.value));
}

function isStepOfPath(step: AstNode): boolean {
  return step.type === 'name' && hasOnly(step, [...STEP_KEYS, 'keepArray']);
}

function inBrackets(path?: ListPath): ListPath | undefined {
  return path && { ...path, keepsArray: true };
}

function partial(node?: AstNode): ListPath | undefined {
  const path = node && listPath(node);
  return path && { ...path, isWhole: false };
}

const LITERALS = ['string', 'number', 'value'];

/**
 * Whether an expression may read the list at `path`, or something in it. Only
 * plain paths that part from `path`, literals, and operators between such
 * certainly do not.
 */
export function mayRead(ast: AstNode, path: string[]): boolean {
  if (LITERALS.includes(String(ast.type))) {
    return false;
  }
  if (ast.type === 'binary') {
    return [ast.lhs, ast.rhs].some(side => mayRead(side as AstNode, path));
  }
  const own = listPath(ast);
  if (!own?.isWhole) {
    return true;
  }
  const shared = Math.min(own.names.length, path.length);
  return own.names
    .slice(0, shared)
    .every((name, index) => name === path[index]);
}
