import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../..');
const FILE = resolve(
  ROOT,
  '../shared/reference/catalog-integration-patterns.txt',
);

/** Undefined where the reference is not beside the repository. */
export function readReferenceText(): string | undefined {
  return existsSync(FILE) ? readFileSync(FILE, 'utf8') : undefined;
}

/** What the reference has, each in its order. */
export interface Reference {
  /** As they are typed into a shell. */
  commands: string[];
  /** Files and payloads; their indentation was lost with the formatting of the page. */
  blocks: string[];
  alerts: string[];
  pitfalls: string[];
  /** The questions; each has an answer. */
  answers: string[];
}

/** In place of line breaks and indentation, one space. */
export const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Of no text, it has nothing. */
export function parseReference(text: string = ''): Reference {
  const [, rest = ''] = text.split('\nCommon Pitfalls\n');
  const [pitfalls, answers = ''] = rest.split('\nFrequently Asked Questions\n');
  const lines = text.split('\n');
  return {
    commands: takeFrom(lines, /^(curl|nc|npx) /, endOfCommand),
    blocks: takeFrom(lines, /^((#|\/\/) \S+\.(ya?ml|ts)|\{)$/, endOfBlock),
    alerts: [...text.matchAll(/^- alert: (\w+)$/gm)].map(([, name]) => name),
    pitfalls: pitfalls
      .split(/(?:^|(?<=\.) )- /m)
      .slice(1)
      .map(oneLine),
    answers: [...answers.matchAll(/^[A-Z][^.?]*\?/gm)].map(([each]) => each),
  };
}

/** The parts that begin with such a line, none within another. */
function takeFrom(
  lines: string[],
  beginning: RegExp,
  endOf: (lines: string[]) => number,
): string[] {
  const found: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (beginning.test(lines[at])) {
      const length = endOf(lines.slice(at));
      found.push(lines.slice(at, at + length).join('\n'));
      at += length - 1;
    }
  }
  return found;
}

/** A shell reads on after `\`, and within single quotes. */
function endOfCommand(lines: string[]): number {
  let quotes = 0;
  return (
    lines.findIndex(line => {
      quotes += line.split("'").length - 1;
      return quotes % 2 === 0 && !line.endsWith('\\');
    }) + 1
  );
}

/** No line of code begins with a capital; the text after it does. */
function endOfBlock(lines: string[]): number {
  return lines.findIndex(line => /^[A-Z]/.test(line));
}

/** Gives a block of YAML its indentation back: how many levels each line is in. */
export function indent(block: string, levels: string): string {
  const lines = block.split('\n');
  if (lines.length !== levels.length) {
    throw new Error(`The block has ${lines.length} lines: ${block}`);
  }
  return lines
    .map((line, i) => `${'  '.repeat(Number(levels[i]))}${line}\n`)
    .join('');
}
