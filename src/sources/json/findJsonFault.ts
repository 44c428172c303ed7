import type { RequestTarget } from '../http/requestTarget';
import { RecordCutter } from './RecordCutter';

type Expected =
  | 'value'
  | 'value-or-end'
  | 'key'
  | 'key-or-end'
  | 'colon'
  | 'comma-or-end'
  | 'nothing';

interface Scan {
  text: string;
  position: number;
  /** Closing brackets still owed, innermost last. */
  owed: string[];
  expected: Expected;
}

const WHITESPACE = /[ \t\n\r]*/y;
const SCALAR =
  /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Where a text stops being JSON (RFC 8259), as the position of the first
 * character that cannot stand there; the text's length where it just ends too
 * early. Undefined for a text that is JSON.
 *
 * `JSON.parse` does not always say where, and where it does not, it quotes the text.
 */
export function findJsonFault(text: string): number | undefined {
  const scan: Scan = { text, position: 0, owed: [], expected: 'value' };
  for (;;) {
    skip(scan, WHITESPACE);
    if (scan.position === text.length) {
      return scan.expected === 'nothing' ? undefined : text.length;
    }
    if (!step(scan)) {
      return scan.position;
    }
  }
}

/** Takes in one token; false where it may not stand there. */
function step(scan: Scan): boolean {
  switch (scan.expected) {
    case 'value':
      return takeValue(scan);
    case 'value-or-end':
      return takeEnd(scan) || takeValue(scan);
    case 'key':
      return takeString(scan) && expect(scan, 'colon');
    case 'key-or-end':
      return takeEnd(scan) || (takeString(scan) && expect(scan, 'colon'));
    case 'colon':
      return takeUnit(scan, ':') && expect(scan, 'value');
    case 'comma-or-end':
      return takeEnd(scan) || takeComma(scan);
    default:
      return false;
  }
}

function takeValue(scan: Scan): boolean {
  if (takeUnit(scan, '{')) {
    scan.owed.push('}');
    return expect(scan, 'key-or-end');
  }
  if (takeUnit(scan, '[')) {
    scan.owed.push(']');
    return expect(scan, 'value-or-end');
  }
  const taken =
    scan.text[scan.position] === '"' ? takeString(scan) : skip(scan, SCALAR);
  return taken && expectAfterValue(scan);
}

function takeEnd(scan: Scan): boolean {
  const end = scan.owed.at(-1);
  if (end === undefined || !takeUnit(scan, end)) {
    return false;
  }
  scan.owed.pop();
  return expectAfterValue(scan);
}

function takeComma(scan: Scan): boolean {
  const next = scan.owed.at(-1) === '}' ? 'key' : 'value';
  return takeUnit(scan, ',') && expect(scan, next);
}

/** Goes by characters: a regular expression would run out of stack on a long string. */
function takeString(scan: Scan): boolean {
  if (!takeUnit(scan, '"')) {
    return false;
  }
  while (!takeUnit(scan, '"')) {
    if (scan.text[scan.position] === '\\') {
      if (!skip(scan, ESCAPE)) {
        return false;
      }
    } else if (scan.text.charCodeAt(scan.position) >= 0x20) {
      scan.position++;
    } else {
      return false;
    }
  }
  return true;
}

function takeUnit(scan: Scan, unit: string): boolean {
  if (scan.text[scan.position] !== unit) {
    return false;
  }
  scan.position++;
  return true;
}

/** Moves past what a sticky pattern matches at the position; false for no match. */
function skip(scan: Scan, pattern: RegExp): boolean {
  pattern.lastIndex = scan.position;
  if (!pattern.test(scan.text)) {
    return false;
  }
  scan.position = pattern.lastIndex;
  return true;
}

function expect(scan: Scan, expected: Expected): true {
  scan.expected = expected;
  return true;
}

function expectAfterValue(scan: Scan): true {
  return expect(scan, scan.owed.length > 0 ? 'comma-or-end' : 'nothing');
}

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
