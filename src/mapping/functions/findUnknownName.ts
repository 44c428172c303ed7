import { closest } from 'fastest-levenshtein';
import type { ExpressionFault } from '../ExpressionError';
import { type AstNode, nodesOf } from '../ast';

/** JSONata's own functions. It does not export their names. */
export const BUILT_IN_NAMES =
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone now millis'.split(
    ' ',
  );

/**
 * A `$name` that is neither a function nor a variable which the expression sets
 * anywhere. JSONata would only find it when it evaluates the expression.
 */
export function findUnknownName(
  ast: AstNode,
  available: string[],
): ExpressionFault | undefined {
  const nodes = [...nodesOf(ast)];
  const known = new Set([...available, ...nodes.flatMap(namesSetBy)]);
  const unknown = nodes.find(
    ({ type, value }) =>
      type === 'variable' &&
      // `$` is the input, and `$$` the record.
      !['', '$'].includes(String(value)) &&
      !known.has(String(value)),
  );
  if (!unknown) {
    return undefined;
  }
  const name = String(unknown.value);
  const reason = `there is no function and no variable $${name}; did you mean $${closest(
    name,
    [...known],
  )}?`;
  return { reason, position: unknown.position };
}

/** By `:=`, as a parameter, or by `@$name` and `#$name`. */
function namesSetBy(node: AstNode): string[] {
  const { type, focus, index, value } = node;
  const set: unknown[] = [focus, index];
  if (type === 'bind') {
    set.push((node.lhs as AstNode).value);
  } else if (type === 'lambda') {
    set.push(...(node.arguments ?? []).map(argument => argument.value));
  } else if (type === 'index') {
    set.push(value);
  }
  return set.filter(name => typeof name === 'string');
}
