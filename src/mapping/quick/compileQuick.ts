import { hasOnly, type AstNode } from '../ast';
import type { OwnFunction } from '../functions/createFunctions';
import { NEEDS_JSONATA } from '../plainPath';
import { compilePath } from './compilePath';
import {
  BUILT_IN,
  compareWith,
  isTrue,
  textOf,
  type Quick,
} from './operations';

type Functions = Record<string, OwnFunction>;

/**
 * Compiles what mappings are mostly made of: paths, literals, `&`, comparisons,
 * conditions, `[ ]`, `{ }` and functions of texts. JSONata takes many promises
 * for one of these. Undefined for an expression that has anything else in it.
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

/** `$`, which is what an expression is evaluated against. */
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
  // Of lists in it, JSONata flattens those that are not written as one.
  const isWritten = expressions.map(({ value }) => value === '[');
  return items && hasOnly(ast, ['type', 'value', 'position', 'expressions'])
    ? input => {
        const list: unknown[] = [];
        for (const [index, item] of items.entries()) {
          const value = item(input);
          if (value === NEEDS_JSONATA) {
            return NEEDS_JSONATA;
          }
          if (Array.isArray(value) && !isWritten[index]) {
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
        // JSONata groups the members of a list, and makes an object of each.
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
