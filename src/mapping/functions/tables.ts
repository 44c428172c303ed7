import type { JsonValue } from '@backstage/types';
import type { ExpressionFault } from '../ExpressionError';
import { type AstNode, nodesOf } from '../ast';
import { FunctionError, textOf } from './textOf';

/** A source's look-up tables, by name. */
export type Tables = Record<string, Record<string, JsonValue>>;

/** `$fromTable(name, key, default)`: the value of a table for a key. */
export function createTableLookup(tables: Tables) {
  return (name: unknown, key: unknown, otherwise: unknown): unknown => {
    if (name === undefined || name === null) {
      return undefined;
    }
    if (typeof name !== 'string' || !Object.hasOwn(tables, name)) {
      throw new FunctionError(
        `there is no such table: ${knownTables(tables)}`,
        name,
      );
    }
    const text = textOf('$fromTable', key);
    return text !== undefined && Object.hasOwn(tables[name], text)
      ? tables[name][text]
      : otherwise;
  };
}

/** A table that an expression names in quotes and that does not exist. */
export function findUnknownTable(
  ast: AstNode,
  tables: Tables,
): ExpressionFault | undefined {
  const nodes = [...nodesOf(ast)];
  for (const node of nodes.filter(isLookup)) {
    // `"owners" ~> $fromTable(team)` has the name on the left.
    const apply = nodes.find(
      ({ type, rhs }) => type === 'apply' && rhs === node,
    );
    const name = (apply?.lhs ?? node.arguments?.[0]) as AstNode | undefined;
    if (name?.type === 'string' && !Object.hasOwn(tables, String(name.value))) {
      const known = knownTables(tables);
      const reason = `there is no table "${name.value}": ${known}`;
      return { reason, position: node.position };
    }
  }
  return undefined;
}

function isLookup({ type, procedure }: AstNode): boolean {
  return (
    (type === 'function' || type === 'partial') &&
    procedure?.type === 'variable' &&
    procedure.value === 'fromTable'
  );
}

function knownTables(tables: Tables): string {
  const names = Object.keys(tables).map(name => `"${name}"`);
  return names.length
    ? `$fromTable knows the tables ${names.join(', ')}`
    : 'the source has no "tables"';
}
