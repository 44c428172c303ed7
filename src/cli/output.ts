import { escapeControls, isObject } from '../lib/values';
import type { List, ListOptions } from './backend/client';
import { type Call, createPaint, type Terminal } from './terminal';

/** Between columns. */
const GAP = '  ';
const MIN_WIDTH = 8;

/** The answer of a command: as JSON for programs, else as lines for people. */
export function print(
  { options, terminal }: Call<{ json?: boolean }>,
  answer: unknown,
  describe: () => string[],
): void {
  printLines(
    terminal,
    options.json ? [JSON.stringify(answer, null, 2)] : describe(),
  );
}

export function printLines(
  { stdout }: Pick<Terminal, 'stdout'>,
  lines: string[],
): void {
  stdout.write(lines.map(line => `${line}\n`).join(''));
}

/** A list as a table of some of its fields, or as JSON. Says so if there is more of it. */
export function printList(
  call: Call<ListOptions>,
  list: List,
  { columns, none }: { columns: string[]; none: string },
): void {
  const { terminal } = call;
  const { items } = list;
  print(call, items, () =>
    items.length > 0 ? describeTable(terminal, items, columns) : [none],
  );
  noteMore(terminal, list);
}

export function noteMore({ stderr }: Terminal, { items, more }: List): void {
  if (more) {
    stderr.write(
      `These are the first ${items.length}; --all shows the others too\n`,
    );
  }
}

/**
 * Aligned columns, each titled by the last name of its field, without those that
 * are empty. On a terminal, the widest are cut so that all fit.
 */
export function describeTable(
  terminal: Pick<Terminal, 'stdout' | 'env'>,
  items: object[],
  columns = [...new Set(items.flatMap(item => Object.keys(item)))],
): string[] {
  const { isTTY, columns: width } = terminal.stdout;
  const rows = items.map(item => columns.map(path => toText(at(item, path))));
  const shown = columns.flatMap((path, index) => {
    const cells = rows.map(row => row[index]);
    const title = toTitle(path.replace(/.*\./, '')).toUpperCase();
    return cells.some(cell => cell !== '') ? [[title, ...cells]] : [];
  });
  const room = isTTY && width ? width : Infinity;
  const widths = fit(shown.map(widest), room - GAP.length * (shown.length - 1));
  const [header, ...lines] = ['', ...items].map((_, index) =>
    cut(shown.map((cells, i) => pad(cells[index], widths[i])).join(GAP), room),
  );
  return [createPaint(terminal.stdout, terminal).bold(header), ...lines];
}

/** Cuts the widest of some columns until all have room. */
function fit(widths: number[], room: number): number[] {
  const cap = (most: number) => widths.map(width => Math.min(width, most));
  let most = Math.max(MIN_WIDTH, ...widths);
  const isTooWide = () => cap(most).reduce((sum, width) => sum + width) > room;
  while (most > MIN_WIDTH && isTooWide()) {
    most -= 1;
  }
  return cap(most);
}

function pad(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + ' '.repeat(width - lengthOf(shown));
}

/** One thing in full: a line for each field that has a value, and its lists as tables. */
export function describeItem(
  terminal: Pick<Terminal, 'stdout' | 'env'>,
  item: object,
): string[] {
  const fields = fieldsOf(item);
  const isTable = (value: unknown): value is object[] =>
    Array.isArray(value) && value.some(isObject);
  const texts = fields
    .filter(([, value]) => !isTable(value))
    .map(([path, value]) => [toTitle(path), toText(value)])
    .filter(([, text]) => text !== '');
  const width = widest(texts.map(([title]) => title));
  return [
    ...texts.map(([title, text]) => `${title.padEnd(width)}  ${text}`),
    ...fields.flatMap(([, value]) =>
      isTable(value) ? ['', ...describeTable(terminal, value)] : [],
    ),
  ];
}

/** The fields of an object and of those in it, by their paths. */
function fieldsOf(item: object, prefix = ''): Array<[string, unknown]> {
  return Object.entries(item).flatMap(([name, value]) =>
    isObject(value)
      ? fieldsOf(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value]],
  );
}

function at(item: any, path: string): unknown {
  return path.split('.').reduce((value, name) => value?.[name], item);
}

/** Such as "last run started at" for `lastRun.startedAt`. */
function toTitle(path: string): string {
  return escapeControls(path)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/\./g, ' ')
    .toLowerCase();
}

const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/;

function toText(value: unknown): string {
  if (value === undefined || value === null || isEmptyList(value)) {
    return '';
  }
  return escapeControls(
    typeof value === 'object'
      ? JSON.stringify(value)
      : String(value).replace(TIME, '$1 $2 UTC'),
  );
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** At most so many characters of a text, the last of which says that there are more. */
export function cut(text: string, length: number): string {
  const trimmed = text.trimEnd();
  return lengthOf(trimmed) > length
    ? `${[...trimmed].slice(0, length - 1).join('')}…`
    : trimmed;
}

/** A list may have more texts than a function takes arguments. */
function widest(texts: string[]): number {
  return texts.reduce((most, text) => Math.max(most, lengthOf(text)), 0);
}

/** In characters, as most terminals count. */
function lengthOf(text: string): number {
  return [...text].length;
}
