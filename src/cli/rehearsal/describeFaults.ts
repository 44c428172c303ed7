import { escapeControls } from '../../lib/values';
import type { SettingFault } from '../../mapping/findExpressionFaults';
import type { Paint } from '../terminal';

/** What is wrong with the settings of a source, each with a mark under the place. */
export function describeFaults(
  name: string,
  faults: SettingFault[],
  paint: Paint,
): string[] {
  const key = `catalog.customData.sources.${name}`;
  return faults.flatMap(({ setting, reason, at }) => [
    `${paint.red(setting ? `${key}.${setting}` : key)}: ${reason}`,
    ...(at ? markPosition(at.expression, at.position) : []),
  ]);
}

/** The line of the expression, and below it a caret under the end of what was read. */
function markPosition(expression: string, position: number): string[] {
  const before = expression.slice(0, position).split('\n');
  const line = expression.split('\n')[before.length - 1];
  const column = Math.max(before.at(-1)!.length - 1, 0);
  return [`    ${escapeControls(line)}`, `    ${' '.repeat(column)}^`];
}
