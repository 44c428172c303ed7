import type { JsonValue } from '@backstage/types';
import {
  type AstNode,
  hasOnly,
  isPlainStep,
  PATH_KEYS,
  plainPath,
} from '../ast';
import type { OwnFunction } from '../functions/createFunctions';
import { isJsonataFunction } from '../toJson';
import {
  BUILT_IN,
  compareWith,
  isTrue,
  NEEDS_JSONATA,
  type Quick,
  textOf,
} from './operations';

type Functions = Record<string, OwnFunction>;

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
  const compile = (node: AstNode) => compileQuick(node, functions);
  switch (ast.type) {
    case 'path':
      return compilePath(ast, compile);
    case 'variable':
      return compileContext(ast);
    case 'string':
    case 'number':
    case 'value':
      return compileLiteral(ast);
    case 'binary':
      return compileBinary(ast, compile);
    case 'condition':
      return compileCondition(ast, compile);
    case 'block':
      return compileBlock(ast, compile);
    case 'unary':
      return ast.value === '['
        ? compileList(ast, compile)
        : compileObject(ast, compile);
    case 'function':
      return compileCall(ast, functions, compile);
    default:
      return undefined;
  }
}

/** `$`, the input of the expression. */
function compileContext(ast: AstNode): Quick | undefined {
  return ast.value === '' && hasOnly(ast, ['type', 'value', 'position'])
    ? input => (Array.isArray(input) ? NEEDS_JSONATA : input)
    : undefined;
}

type Compile = (node: AstNode) => Quick | undefined;

function compileLiteral(ast: AstNode): Quick | undefined {
  const { value } = ast;
  return hasOnly(ast, ['type', 'value', 'position']) ? () => value : undefined;
}

function compileBinary(ast: AstNode, compile: Compile): Quick | undefined {
  const { value: operator, lhs, rhs } = ast;
  const left = compile(lhs as AstNode);
  const right = compile(rhs!);
  if (
    !left ||
    !right ||
    !hasOnly(ast, ['type', 'value', 'position', 'lhs', 'rhs'])
  ) {
    return undefined;
  }
  switch (operator) {
    case '&':
      return input =>
        join(textOf(left(input)) ?? '', textOf(right(input)) ?? '');
    case 'and':
      return input => decide(left(input), isIt => isIt && isTrue(right(input)));
    case 'or':
      return input => decide(left(input), isIt => isIt || isTrue(right(input)));
    default: {
      const compare = compareWith(String(operator));
      return compare && (input => compare(left(input), right(input)));
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

function compileCondition(ast: AstNode, compile: Compile): Quick | undefined {
  const condition = compile(ast.condition!);
  const then = compile(ast.then!);
  const otherwise = ast.else ? compile(ast.else) : () => undefined;
  return condition &&
    then &&
    otherwise &&
    hasOnly(ast, ['type', 'position', 'condition', 'then', 'else'])
    ? input =>
        decide(condition(input), isIt =>
          isIt ? then(input) : otherwise(input),
        )
    : undefined;
}

function compileBlock(ast: AstNode, compile: Compile): Quick | undefined {
  const { expressions = [] } = ast;
  return expressions.length === 1 &&
    hasOnly(ast, ['type', 'position', 'expressions'])
    ? compile(expressions[0])
    : undefined;
}

function compileList(ast: AstNode, compile: Compile): Quick | undefined {
  const { expressions = [] } = ast;
  const items = compileAll(expressions, compile);
  // JSONata flattens lists inside a list, except those that are written with `[ ]`.
  const isLiteralList = expressions.map(({ value }) => value === '[');
  return items && hasOnly(ast, ['type', 'value', 'position', 'expressions'])
    ? input => {
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
      }
    : undefined;
}

const RESERVED_KEYS = ['__proto__', '_jsonata_lambda', '_jsonata_function'];

function compileObject(ast: AstNode, compile: Compile): Quick | undefined {
  if (
    ast.value !== '{' ||
    !hasOnly(ast, ['type', 'value', 'position', 'lhs'])
  ) {
    return undefined;
  }
  const pairs = ast.lhs as AstNode[][];
  const keys = pairs.map(([key]) => String(key.value));
  const values = compileAll(
    pairs.map(([, value]) => value),
    compile,
  );
  const areLiteral =
    pairs.every(([key]) => key.type === 'string' && compileLiteral(key)) &&
    new Set(keys).size === keys.length &&
    !keys.some(key => RESERVED_KEYS.includes(key));
  return areLiteral && values
    ? input => {
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
      }
    : undefined;
}

const CALL_KEYS = [
  'type',
  'name',
  'value',
  'position',
  'arguments',
  'procedure',
];

function compileCall(
  ast: AstNode,
  functions: Functions,
  compile: Compile,
): Quick | undefined {
  const { procedure, arguments: given = [] } = ast;
  const values = compileAll(given, compile);
  const name = procedure?.type === 'variable' ? String(procedure.value) : '';
  const called = Object.hasOwn(functions, name)
    ? functions[name]
    : BUILT_IN.get(name);
  return called &&
    values &&
    values.length >= called.takes.min &&
    values.length <= called.takes.max &&
    hasOnly(ast, CALL_KEYS)
    ? input => {
        const evaluated = values.map(value => value(input));
        return evaluated.includes(NEEDS_JSONATA) ||
          evaluated.some(Array.isArray)
          ? NEEDS_JSONATA
          : called.run(...evaluated);
      }
    : undefined;
}

function compileAll(nodes: AstNode[], compile: Compile): Quick[] | undefined {
  const compiled = nodes.map(compile);
  return compiled.every(quick => quick !== undefined) ? compiled : undefined;
}

/** Longer lists are left to JSONata, which limits them. */
const MAX_ITEMS = 1000;

/** Compiles a path of names. Its last step may be any expression: `a.b`, `a.("x" & $)`. */
function compilePath(
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
    // JSONata does not flatten the lists of such a step.
    (last.type === 'unary' && last.value === '[') ||
    !hasOnly(ast, PATH_KEYS)
  ) {
    return undefined;
  }
  const item = compile(last);
  const path = steps.slice(0, -1).map(step => step.value as string);
  return item && (input => mapItems(readPath(input, path), item));
}

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

/**
 * The value at a plain path. A path through an array is left to JSONata, which
 * maps and flattens it. So is an object that JSONata takes for a function. An
 * array at the end of the path is returned as it is.
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
