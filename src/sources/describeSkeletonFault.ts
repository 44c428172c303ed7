import { findJsonFault } from './findJsonFault';
import { RecordCutter } from './RecordCutter';
import type { RequestTarget } from './requestTarget';

/**
 * What keeps the rest of an answer, with `0` for each record that was cut out,
 * from being JSON. Positions in it would tell nobody anything; records do.
 */
export function describeSkeletonFault(options: {
  target: RequestTarget;
  listPath: readonly string[];
  text: string;
}): string {
  const { text } = options;
  const position = findJsonFault(text) ?? text.length;
  // The blank ends a `0` that stands last.
  const before = Buffer.from(`${text.slice(0, position)} `);
  const cutter = RecordCutter.create({ ...options, maxDepth: Infinity });
  const records = [...cutter.cut(before)].length;
  return `${
    position === text.length ? 'ends too early' : 'has a syntax error'
  }, behind record ${records}`;
}
