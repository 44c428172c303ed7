import type { Row } from './row';
import type { Target } from './target';

const fixed = (digits: number) => (value: number | undefined) =>
  value === undefined ? '' : value.toFixed(digits);
const whole = fixed(0);
const tenths = fixed(1);
const round = (value: number) => Number(value.toPrecision(3));
const firstLine = (text: string) => text.split('\n')[0].replaceAll('|', '/');

const COLUMNS: Array<[string, (row: Row) => string]> = [
  ['case', row => row.case],
  ['subject', row => row.subject],
  ['records', row => String(row.records)],
  ['ingest ms', row => tenths(row.ingestMs)],
  ['run ms', row => tenths(row.runMs)],
  ['CPU ms', row => tenths(row.cpuMs)],
  ['CPU µs/record', row => fixed(2)(row.cpuMicros)],
  ['per second', row => whole(row.perSecond)],
  ['p50 ms', row => tenths(row.p50Ms)],
  ['p95 ms', row => tenths(row.p95Ms)],
  ['p99 ms', row => tenths(row.p99Ms)],
  ['own p95 ms', row => tenths(row.ownP95Ms)],
  ['queries/entity', row => fixed(4)(row.queriesEach)],
  ['errors', row => whole(row.errors)],
  ['statements', row => whole(row.statements)],
  ['memory MB', row => whole(row.memoryMb)],
  ['mutations', row => whole(row.mutations)],
  ['catalog rows', row => whole(row.rows?.catalog)],
  ['own rows', row => whole(row.rows?.own)],
  ['FAILED', row => firstLine(row.failed ?? '')],
];

/** The rows as a Markdown table; a column that none has a figure for is left out. */
export function rowTable(rows: Row[]): string {
  const columns = COLUMNS.filter(([, cell]) => rows.some(row => cell(row)));
  return markdown(
    columns.map(([title]) => title),
    rows.map(row => columns.map(([, cell]) => cell(row))),
  );
}

/** The targets as a Markdown table. */
export function targetTable(targets: Target[]): string {
  return markdown(
    ['target', 'value', 'limit', 'holds'],
    targets.map(({ name, value, limit, holds, reason }) => [
      name,
      value === undefined ? firstLine(reason ?? '') : String(round(value)),
      String(limit),
      String(holds),
    ]),
  );
}

function markdown(header: string[], lines: string[][]): string {
  const all = [header, ...lines];
  const widths = header.map((_, column) =>
    Math.max(...all.map(line => line[column]?.length ?? 0)),
  );
  const toText = (line: string[]) =>
    `| ${widths
      .map((width, column) => (line[column] ?? '').padEnd(width))
      .join(' | ')} |`;
  const rule = widths.map(width => '-'.repeat(width));
  return [header, rule, ...lines].map(toText).join('\n');
}
