import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
} from 'yaml';

export interface Position {
  line: number;
  column: number;
  /** The whole line. */
  source: string;
}

/** Gives the line and the column of each offset of a text. */
export function createPositions(text: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return offset => {
    starts ??= startsOfLines(text);
    const at = Math.min(Math.max(offset, 0), text.length);
    const line = countUpTo(starts, at);
    const start = starts[line - 1];
    const end = starts[line] === undefined ? text.length : starts[line] - 1;
    const isCrLf = end > start && text[end - 1] === '\r';
    const source = text.slice(start, isCrLf ? end - 1 : end);
    return { line, column: at - start + 1, source };
  };
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (
    let at = text.indexOf('\n');
    at !== -1;
    at = text.indexOf('\n', at + 1)
  ) {
    starts.push(at + 1);
  }
  return starts;
}

/** How many of some sorted numbers are at most a limit. */
function countUpTo(sorted: number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const PATH_PART = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([A-Za-z_$][\w$]*)/g;

/** The keys of a path such as `metadata.links[0].url`. */
export function keysOfPath(path: string): Array<string | number> {
  return [...path.matchAll(PATH_PART)].map(([, index, quoted, name]) => {
    if (index !== undefined) {
      return Number(index);
    }
    return quoted === undefined ? name : JSON.parse(quoted);
  });
}

/**
 * The offset of what a fault is about: of a text the text itself, of a map or
 * list its key. What is missing is shown at what it is missing in.
 */
export function offsetOf(
  document: Document,
  { path, isName }: { path: string; isName?: boolean },
): number {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? document.range?.[0] ?? 0;
  for (const key of keysOfPath(path)) {
    const member = memberOf(resolve(document, node), key);
    if (member === undefined) {
      return offset;
    }
    node = isPair(member) ? (member.value as Node | null) : member;
    const shown =
      isPair(member) && (isName || !isScalar(node)) ? member.key : node;
    offset = (shown as Node | null)?.range?.[0] ?? offset;
  }
  return offset;
}

function resolve(document: Document, node: Node | null): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function memberOf(
  node: unknown,
  key: string | number,
): Pair | Node | undefined {
  if (isSeq<Node>(node)) {
    return node.items[Number(key)];
  }
  return isMap(node)
    ? node.items.find(
        pair => isScalar(pair.key) && `${pair.key.value}` === `${key}`,
      )
    : undefined;
}
