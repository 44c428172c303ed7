import type { JsonValue } from '@backstage/types';
import {
  type AstNode,
  hasOnly,
  isPlainStep,
  PATH_KEYS,
  plainPath,
} from '../ast';
import type { OwnFunction } from '../functions/createFunctions';
import {
  BUILT_IN,
  compareWith,
  isTrue,
  NEEDS_JSONATA,
  type Quick,
  readPath,
  textOf,
} from './operations';

interface Context {
  functions: Record<string, OwnFunction>;
  compile(node: AstNode): Quick;
}

/** Thrown for a part of an expression that only JSONata can evaluate. */
class Unsupported extends Error {}

const LEAF_KEYS = ['type', 'value', 'position'];
const LITERAL = { keys: LEAF_KEYS, compile: compileLiteral };

/** The nodes that can be compiled, by type, with their usual keys. */
const NODES = new Map<
  string | undefined,
  { keys: string[]; compile: (node: AstNode, context: Context) => Quick }
>([
  ['path', { keys: PATH_KEYS, compile: compilePath }],
  ['variable', { keys: LEAF_KEYS, compile: compileInput }],
  ['string', LITERAL],
  ['number', LITERAL],
  ['value', LITERAL],
  ['binary', { keys: [...LEAF_KEYS, 'lhs', 'rhs'], compile: compileBinary }],
  [
    'condition',
    {
      keys: ['type', 'position', 'condition', 'then', 'else'],
      compile: compileCondition,
    },
  ],
  [
    'block',
    { keys: ['type', 'position', 'expressions'], compile: compileBlock },
  ],
  [
    'unary',
    { keys: [...LEAF_KEYS, 'expressions', 'lhs'], compile: compileConstructor },
  ],
  [
    'function',
    {
      keys: [...LEAF_KEYS, 'name', 'arguments', 'procedure'],
      compile: compileCall,
    },
  ],
]);

/**
 * Compiles the parts that most mappings consist of: paths, literals, `&`,
 * comparisons, conditions, `[ ]`, `{ }` and functions of texts. JSONata creates
 * many promises for each of these. Undefined for an expression with any other
 * part.
 */
export function compileQuick(
  ast: AstNode,
  functions: Record<string, OwnFunction>,
): Quick | undefined {
  const context: Context = {
    functions,
    compile(node) {
      const known = NODES.get(node.type);
      // A filter or a binding is another key of the node.
      if (!known || !hasOnly(node, known.keys)) {
        throw new Unsupported();
      }
      return known.compile(node, context);
    },
  };
  try {
    return context.compile(ast);
  } catch (error) {
    if (error instanceof Unsupported) {
      return undefined;
    }
    throw error;
  }
}

/** `$`, the input of the expression. */
function compileInput({ value }: AstNode): Quick {
  if (value !== '') {
    throw new Unsupported();
  }
  return input => (Array.isArray(input) ? NEEDS_JSONATA : readPath(input, []));
}

function compileLiteral({ value }: AstNode): Quick {
  return () => value;
}

function compileBinary(node: AstNode, { compile }: Context): Quick {
  const left = compile(node.lhs as AstNode);
  const right = compile(node.rhs!);
  switch (node.value) {
    case '&':
      return input =>
        join(textOf(left(input)) ?? '', textOf(right(input)) ?? '');
    case 'and':
      return input => decide(left(input), isIt => isIt && isTrue(right(input)));
    case 'or':
      return input => decide(left(input), isIt => isIt || isTrue(right(input)));
    default: {
      const compare = compareWith(String(node.value));
      if (!compare) {
        throw new Unsupported();
      }
      return input => compare(left(input), right(input));
    }
  }
}

function join(left: string | typeof NEEDS_JSONATA, right: typeof left) {
  return typeof left === 'string' && typeof right === 'string'
    ? left + right
    : NEEDS_JSONATA;
}

function decide(value: unknown, then: (isIt: boolean) => unknown): unknown {
  const isIt = isTrue(value);
  return typeof isIt === 'boolean' ? then(isIt) : isIt;
}

function compileCondition(node: AstNode, { compile }: Context): Quick {
  const condition = compile(node.condition!);
  const then = compile(node.then!);
  const otherwise = node.else ? compile(node.else) : () => undefined;
  return input =>
    decide(condition(input), isIt => (isIt ? then(input) : otherwise(input)));
}

function compileBlock(
  { expressions = [] }: AstNode,
  { compile }: Context,
): Quick {
  if (expressions.length !== 1) {
    throw new Unsupported();
  }
  return compile(expressions[0]);
}

function compileConstructor(node: AstNode, context: Context): Quick {
  switch (node.value) {
    case '[':
      return compileList(node, context);
    case '{':
      return compileObject(node, context);
    default:
      throw new Unsupported();
  }
}

function compileList(
  { expressions = [] }: AstNode,
  { compile }: Context,
): Quick {
  const items = expressions.map(compile);
  // JSONata flattens lists inside a list, except those that are written with `[ ]`.
  const isLiteralList = expressions.map(({ value }) => value === '[');
  return input => {
    const list: unknown[] = [];
    for (const [index, item] of items.entries()) {
      const value = item(input);
      if (value === NEEDS_JSONATA) {
        return NEEDS_JSONATA;
      }
      if (Array.isArray(value) && !isLiteralList[index]) {
        list.push(...value);
      } else if (value !== undefined) {
        list.push(value);
      }
    }
    return list;
  };
}

const RESERVED_KEYS = ['__proto__', '_jsonata_lambda', '_jsonata_function'];

function compileObject({ lhs }: AstNode, { compile }: Context): Quick {
  const pairs = lhs as AstNode[][];
  const keys = pairs.map(([key]) => String(key.value));
  const values = pairs.map(([, value]) => compile(value));
  if (
    !pairs.every(([key]) => key.type === 'string' && hasOnly(key, LEAF_KEYS)) ||
    new Set(keys).size < keys.length ||
    keys.some(key => RESERVED_KEYS.includes(key))
  ) {
    throw new Unsupported();
  }
  return input => {
    const object: Record<string, unknown> = {};
    for (const [index, value] of values.entries()) {
      const member = value(input);
      if (member === NEEDS_JSONATA) {
        return NEEDS_JSONATA;
      }
      object[keys[index]] = member;
    }
    // For a list, JSONata makes an object of each member and merges them.
    return Array.isArray(input) ? NEEDS_JSONATA : object;
  };
}

function compileCall(
  { procedure, arguments: given = [] }: AstNode,
  { compile, functions }: Context,
): Quick {
  const values = given.map(compile);
  const name = procedure?.type === 'variable' ? String(procedure.value) : '';
  const called = Object.hasOwn(functions, name)
    ? functions[name]
    : BUILT_IN.get(name);
  if (
    !called ||
    values.length < called.takes.min ||
    values.length > called.takes.max
  ) {
    throw new Unsupported();
  }
  return input => {
    const evaluated = values.map(value => value(input));
    return evaluated.includes(NEEDS_JSONATA) || evaluated.some(Array.isArray)
      ? NEEDS_JSONATA
      : called.run(...evaluated);
  };
}

/** A path of names. Its last step may be any expression: `a.b`, `a.("x" & $)`. */
function compilePath(node: AstNode, { compile }: Context): Quick {
  const names = plainPath(node);
  if (names) {
    return input => readPath(input, names);
  }
  const steps = [...(node.steps ?? [])];
  const last = steps.pop();
  // JSONata does not flatten the lists of a last step `[ ]`.
  const isList = last?.type === 'unary' && last.value === '[';
  if (!last || isList || !steps.length || !steps.every(isPlainStep)) {
    throw new Unsupported();
  }
  const item = compile(last);
  const path = steps.map(step => step.value as string);
  return input => mapItems(readPath(input, path), item);
}

/** Longer lists are left to JSONata, which limits them. */
const MAX_ITEMS = 1000;

/** The result for a value, or for each item of a list. A single result is not in a list. */
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
  const results: unknown[] = [];
  for (const item of items) {
    const result = Array.isArray(item) ? NEEDS_JSONATA : evaluate(item);
    if (result === NEEDS_JSONATA || Array.isArray(result)) {
      return NEEDS_JSONATA;
    }
    if (result !== undefined) {
      results.push(result);
    }
  }
  return results.length > 1 ? results : results[0];
}
