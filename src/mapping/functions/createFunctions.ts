import type { Expression } from 'jsonata';
import { isoDate } from './isoDate';
import { entityName, slug } from './names';
import { ownerRef } from './ownerRef';
import { pad } from './pad';
import { createTableLookup, type Tables } from './tables';
import { isHttpUrl, urlHost, urlJoin } from './urls';

/**
 * A function of ours. It judges its arguments itself, since JSONata does not
 * where it is applied in part, and throws a `FunctionError`.
 */
export interface OwnFunction {
  run(...values: unknown[]): unknown;
  /** In JSONata's notation; `x-` is the context where it is left out, as in `team.$slug()`. */
  signature?: string;
  /** How many arguments it takes, the context not counted. */
  takes: { min: number; max: number };
}

const one = { signature: '<x-:x>', takes: { min: 1, max: 1 } };

/** Our functions by name, without the `$`. */
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

/** Puts our functions next to JSONata's own, and one in the place of its `$pad`. */
export function registerFunctions(
  expression: Expression,
  functions: Record<string, OwnFunction>,
): void {
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  for (const [name, { run, signature }] of Object.entries(functions)) {
    expression.registerFunction(name, run, signature);
  }
}
