import type { JsonValue } from '@backstage/types';
import { type AstNode, hasOnly, isPlainStep, plainPath } from '../ast';
import type { OwnFunction } from '../functions/createFunctions';
import {
  BUILT_IN,
  COMPARISONS,
  isTrue,
  NEEDS_JSONATA,
  type Quick,
  readPath,
  stringOf,
} from './operations';

type Functions = Record<string, OwnFunction>;
type Compile = (node: AstNode) => Quick;

const LEAF_KEYS = ['type', 'value', 'position'];

/** A filter or a binding is another key of a node. */
const KEYS = [
  ...LEAF_KEYS,
  'steps',
  'lhs',
  'rhs',
  'condition',
  'then',
  'else',
  'expressions',
  'name',
  'arguments',
  'procedure',
];

/**
 * Compiles the parts that most mappings consist of: paths, literals, `&`,
 * comparisons, conditions, `[ ]`, `{ }` and functions of texts. JSONata creates
 * many promises for each of these. Undefined for an expression with any other
 * part.
 */
export function compileQuick(
  ast: AstNode,
  functions: Functions,
): Quick | undefined {
  try {
    return compileNode(ast, functions);
  } catch (error) {
    if (error === NEEDS_JSONATA) {
      return undefined;
    }
    throw error;
  }
}

function compileNode(node: AstNode, functions: Functions): Quick {
  const compile = (part: AstNode) => compileNode(part, functions);
  switch (hasOnly(node, KEYS) && node.type) {
    case 'path':
      return compilePath(node, compile);
    case 'variable':
      return compileInput(node);
    case 'string':
    case 'number':
    case 'value':
      return () => node.value;
    case 'binary':
      return compileBinary(node, compile);
    case 'condition':
      return compileCondition(node, compile);
    case 'block':
      return compileBlock(node, compile);
    case 'unary':
      return node.value === '['
        ? compileList(node, compile)
        : compileObject(node, compile);
    case 'function':
      return compileCall(node, compile, functions);
    default:
      throw NEEDS_JSONATA;
  }
}

/** `$`, the input of the expression. */
function compileInput({ value }: AstNode): Quick {
  if (value !== '') {
    throw NEEDS_JSONATA;
  }
  return input => readPath(notList(input), []);
}

function notList<T>(value: T): T {
  if (Array.isArray(value)) {
    throw NEEDS_JSONATA;
  }
  return value;
}

function compileBinary(node: AstNode, compile: Compile): Quick {
  const left = compile(node.lhs as AstNode);
  const right = compile(node.rhs!);
  switch (node.value) {
    case '&':
      return input =>
        (stringOf(left(input)) ?? '') + (stringOf(right(input)) ?? '');
    case 'and':
      return input => isTrue(left(input)) && isTrue(right(input));
    case 'or':
      return input => isTrue(left(input)) || isTrue(right(input));
    default: {
      const compare = COMPARISONS.get(node.value);
      if (!compare) {
        throw NEEDS_JSONATA;
      }
      return input => compare(left(input), right(input));
    }
  }
}

function compileCondition(node: AstNode, compile: Compile): Quick {
  const condition = compile(node.condition!);
  const then = compile(node.then!);
  const otherwise = node.else ? compile(node.else) : () => undefined;
  return input => (isTrue(condition(input)) ? then(input) : otherwise(input));
}

function compileBlock({ expressions = [] }: AstNode, compile: Compile): Quick {
  if (expressions.length !== 1) {
    throw NEEDS_JSONATA;
  }
  return compile(expressions[0]);
}

function compileList({ expressions = [] }: AstNode, compile: Compile): Quick {
  const items = expressions.map(compile);
  // JSONata flattens lists inside a list, except those that are written with `[ ]`.
  const isLiteralList = expressions.map(({ value }) => value === '[');
  return input =>
    items.flatMap((item, index) => {
      const value = item(input);
      if (value === undefined) {
        return [];
      }
      return isLiteralList[index] ? [value] : value;
    });
}

const RESERVED_KEYS = ['__proto__', '_jsonata_lambda', '_jsonata_function'];

function compileObject({ lhs }: AstNode, compile: Compile): Quick {
  // The other unary operator, the minus, has a key that is not in `KEYS`.
  const pairs = lhs as AstNode[][];
  const keys = pairs.map(([key]) => String(key.value));
  const values = pairs.map(([, value]) => compile(value));
  if (
    !pairs.every(([key]) => key.type === 'string' && hasOnly(key, LEAF_KEYS)) ||
    new Set(keys).size < keys.length ||
    keys.some(key => RESERVED_KEYS.includes(key))
  ) {
    throw NEEDS_JSONATA;
  }
  return input => {
    // For a list, JSONata makes an object of each member and merges them.
    notList(input);
    return Object.fromEntries(
      values.map((value, index) => [keys[index], value(input)]),
    );
  };
}

function compileCall(
  { procedure, arguments: given = [] }: AstNode,
  compile: Compile,
  functions: Functions,
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
    throw NEEDS_JSONATA;
  }
  return input => called.run(...values.map(value => notList(value(input))));
}

/** A path of names. Its last step may be any expression: `a.b`, `a.("x" & $)`. */
function compilePath(node: AstNode, compile: Compile): Quick {
  const names = plainPath(node);
  if (names) {
    return input => readPath(input, names);
  }
  const steps = [...(node.steps ?? [])];
  const last = steps.pop();
  // JSONata does not flatten the lists of a last step `[ ]`.
  const isList = last?.type === 'unary' && last.value === '[';
  if (!last || isList || !steps.length || !steps.every(isPlainStep)) {
    throw NEEDS_JSONATA;
  }
  const item = compile(last);
  const path = steps.map(step => step.value as string);
  return input => mapItems(readPath(input, path), item);
}

/** Longer lists are left to JSONata, which limits them. */
const MAX_ITEMS = 1000;

/** The result for a value, or for each item of a list. A single result is not in a list. */
function mapItems(value: JsonValue | undefined, evaluate: Quick): unknown {
  if (value === undefined) {
    return undefined;
  }
  const items = [value].flat() as JsonValue[];
  if (items.length > MAX_ITEMS) {
    throw NEEDS_JSONATA;
  }
  const results = items
    .map(item => notList(evaluate(notList(item))))
    .filter(result => result !== undefined);
  return results.length > 1 ? results : results[0];
}
