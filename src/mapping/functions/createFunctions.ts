import type { Expression } from 'jsonata';
import { fullEntityRef } from '../../config/entities';
import { canonicalJson } from '../../lib/canonicalJson';
import { isoDate } from './isoDate';
import { entityName, slug } from './names';
import { createTableLookup, type Tables } from './tables';
import { FunctionError, textOf } from './textOf';
import { isHttpUrl, urlHost, urlJoin } from './urls';

/**
 * A function of the module. It checks its arguments itself and throws a
 * `FunctionError`, since JSONata does not check those of a partial application.
 */
export interface OwnFunction {
  run(...values: unknown[]): unknown;
  /** In JSONata's notation. `x-` means that the context is the default, as in `team.$slug()`. */
  signature?: string;
  /** The number of arguments, without the context. */
  takes: { min: number; max: number };
}

const one = { signature: '<x-:x>', takes: { min: 1, max: 1 } };

/** The functions by name, without the `$`. */
export function createFunctions(tables: Tables): Record<string, OwnFunction> {
  return {
    entityName: { run: entityName, ...one },
    slug: { run: slug, ...one },
    isoDate: { run: isoDate, ...one },
    isHttpUrl: { run: isHttpUrl, ...one },
    urlHost: { run: urlHost, ...one },
    urlJoin: { run: urlJoin, takes: { min: 1, max: Infinity } },
    ownerRef: {
      run: ownerRef,
      signature: '<x-x?:x>',
      takes: { min: 1, max: 2 },
    },
    fromTable: {
      run: createTableLookup(tables),
      signature: '<xxx?:x>',
      takes: { min: 2, max: 3 },
    },
  };
}

/** Adds the functions to JSONata's own, and replaces its `$pad` and `$distinct`. */
export function registerFunctions(
  expression: Expression,
  functions: Record<string, OwnFunction>,
): void {
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  expression.registerFunction('distinct', distinct, '<x:x>');
  for (const [name, { run, signature }] of Object.entries(functions)) {
    expression.registerFunction(name, run, signature);
  }
}

/** `$ownerRef(text, kind)`: the full ref for a ref or a name. */
function ownerRef(text: unknown, kind: unknown): string | undefined {
  const name = '$ownerRef';
  const owner = textOf(name, text)?.trim();
  const defaultKind = textOf(name, kind) ?? 'group';
  if (owner === undefined) {
    return undefined;
  }
  const ref = fullEntityRef(owner, defaultKind);
  if (ref === undefined) {
    throw new FunctionError(
      `${name} takes a name or a ref such as "search" or "group:default/search"; $slug or a table makes a name of another text`,
      owner,
    );
  }
  return ref;
}

const MAX_WIDTH = 10_000;

/**
 * JSONata's `$pad` with a limit. The built-in function allocates any width that
 * a record asks for, which can crash the process.
 */
export function pad(
  text: string | undefined,
  width: number,
  fill?: string,
): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const wanted = Math.trunc(Math.abs(width));
  const missing = wanted - [...text].length;
  if (!(missing > 0)) {
    return text;
  }
  if (wanted > MAX_WIDTH) {
    throw new FunctionError(
      `$pad takes a width of at most ${MAX_WIDTH}`,
      width,
    );
  }
  const units = [...(fill || ' ')];
  const padding = Array.from(
    { length: missing },
    (_, index) => units[index % units.length],
  ).join('');
  return width > 0 ? text + padding : padding + text;
}

/** JSONata's `$distinct` in linear time. The built-in function compares each item with all before it. */
export function distinct(list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) {
    return list;
  }
  const seen = new Set<string>();
  const items = list.filter(item => {
    const { size } = seen;
    return seen.add(canonicalJson(item)).size > size;
  });
  // JSONata unwraps a sequence of one, and no other list.
  return 'sequence' in list ? Object.assign(items, { sequence: true }) : items;
}
