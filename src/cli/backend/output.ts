import { escapeControls } from '../../lib/values';
import { createPaint, type Terminal } from '../terminal';
import type { List, ListOptions } from './client';

/** A row by the titles of its columns. */
export type Row = Record<string, unknown>;

type Destination = Pick<Terminal, 'stdout' | 'env'>;

/** Aligned columns, without those that are empty. Cut to the width of a terminal. */
export function printTable(terminal: Destination, rows: Row[]): void {
  const texts = rows.map(row =>
    Object.fromEntries(
      Object.entries(row).map(([title, value]) => [title, toText(value)]),
    ),
  );
  const titles = Object.keys(rows[0] ?? {}).filter(title =>
    texts.some(row => row[title] !== ''),
  );
  const widths = titles.map(title =>
    Math.max(title.length, ...texts.map(row => lengthOf(row[title]))),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell + ' '.repeat(widths[i] - lengthOf(cell)))
      .join('  ')
      .trimEnd();
  const paint = createPaint(terminal.stdout, terminal);
  writeLine(terminal, line(titles), paint.bold);
  for (const row of texts) {
    writeLine(terminal, line(titles.map(title => row[title])));
  }
}

/** One thing in full: a line for each field that has a value. Nothing is cut. */
export function printFields({ stdout }: Destination, fields: Row): void {
  const entries = Object.entries(fields)
    .map(([name, value]) => [name, toText(value)])
    .filter(([, text]) => text !== '');
  const width = Math.max(...entries.map(([name]) => name.length));
  for (const [name, text] of entries) {
    stdout.write(`${name.padEnd(width)}  ${text}\n`);
  }
}

export function printJson({ stdout }: Destination, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A list as a table, or as JSON. Says so if there is more of it. */
export function printList(
  terminal: Terminal,
  options: ListOptions,
  {
    list,
    rowOf,
    none,
  }: { list: List; rowOf: (item: any) => Row; none: string },
): void {
  if (options.json) {
    printJson(terminal, list.items);
  } else if (list.items.length === 0) {
    terminal.stdout.write(`${none}\n`);
  } else {
    printTable(terminal, list.items.map(rowOf));
  }
  noteMore(terminal, list);
}

export function noteMore({ stderr }: Terminal, { items, more }: List): void {
  if (more) {
    stderr.write(
      `These are the first ${items.length}; --all shows the others too\n`,
    );
  }
}

/** A time of an answer, in UTC. */
export function plainTime(time: string | undefined): string | undefined {
  return time && `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

function toText(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  return escapeControls(
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  );
}

/** In characters, as most terminals count. */
function lengthOf(text: string): number {
  return [...text].length;
}

function writeLine(
  { stdout }: Destination,
  text: string,
  style: (text: string) => string = plain => plain,
): void {
  const width = stdout.isTTY ? stdout.columns ?? Infinity : Infinity;
  const cut =
    lengthOf(text) > width
      ? `${[...text].slice(0, width - 1).join('')}…`
      : text;
  stdout.write(`${style(cut)}\n`);
}
