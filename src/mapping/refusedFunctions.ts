import type { Expression } from 'jsonata';
import { nodesOf } from './ast';

const CHANGES = 'its result differs at each poll, and so every record would';

const REFUSED = new Map([
  ['eval', 'it would run text of the record as code'],
  ['now', CHANGES],
  ['millis', CHANGES],
  ['random', CHANGES],
  ['shuffle', CHANGES],
]);

/** Why an expression is refused for a function that it names, however it uses it. */
export function findRefusedFunction(
  ast: object,
): { position?: number; reason: string } | undefined {
  for (const { type, value, position } of nodesOf(ast)) {
    const name = type === 'variable' ? String(value) : '';
    if (REFUSED.has(name)) {
      return { position, reason: refusal(name) };
    }
  }
  return undefined;
}

/** Takes them out of reach as well, should a way to them ever escape the search. */
export function withholdRefusedFunctions(expression: Expression): void {
  for (const name of REFUSED.keys()) {
    expression.registerFunction(name, () => {
      throw new Error(refusal(name));
    });
  }
}

function refusal(name: string): string {
  return `$${name} is not available: ${REFUSED.get(name)}`;
}
