import { FunctionError } from './FunctionError';

const WIDEST = 10_000;

/**
 * JSONata's `$pad` with a limit. The built-in one allocates whatever width a
 * record asks for, which ends the process.
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
  if (wanted > WIDEST) {
    throw new FunctionError(
      `$pad to this width is over the limit, ${WIDEST}`,
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
