import type { JsonValue } from '@backstage/types';
import { stringify } from 'yaml';
import type { RehearsedRecord } from '../../ingestion/rehearsal/FirstRecords';
import type {
  Rehearsal,
  RehearsalCounts,
} from '../../ingestion/rehearsal/rehearse';
import type { Problem } from '../../lib/problem';
import { counted, escapeControls } from '../../lib/values';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import { escapeLines, type Paint } from '../terminal';

/** What a rehearsal found, as lines: the first entities, all problems, counts. */
export function describeRehearsal(
  { samples, problems, counts, incomplete }: Rehearsal,
  paint: Paint,
): string[] {
  const shown = new Set(samples.map(({ recordId }) => recordId));
  const isShown = ({ recordId = '' }: Problem) => shown.has(recordId);
  return [
    ...samples.flatMap(sample =>
      describeRecord(
        sample,
        problems.filter(({ recordId }) => recordId === sample.recordId),
        paint,
      ),
    ),
    ...describeOthers(
      problems.filter(problem => !isShown(problem)),
      paint,
    ),
    ...(incomplete
      ? [paint.yellow(`The list may lack records: ${incomplete}`)]
      : []),
    describeCounts(counts, paint),
  ];
}

function describeRecord(
  { recordId, entities, fields }: RehearsedRecord,
  problems: Problem[],
  paint: Paint,
): string[] {
  return [
    paint.bold(`# Record ${escapeControls(JSON.stringify(recordId))}`),
    ...entities.map(entity =>
      escapeLines(`---\n${stringify(entity).trimEnd()}`),
    ),
    ...problems.map(problem => describeProblem(problem, paint)),
    '',
    ...fields.flatMap((each, index) => [
      paint.dim(
        fields.length > 1 ? `# entity[${index}]` : '# How its fields are made',
      ),
      ...describeFields(each, paint),
      '',
    ]),
  ];
}

export function describeProblem(
  { code, severity, message, value }: Problem,
  paint: Paint,
): string {
  const color = severity === 'error' ? paint.red : paint.yellow;
  const shown = value === undefined ? '' : ` (value: ${value})`;
  return `${color(`${severity} ${code}`)}: ${escapeControls(message)}${shown}`;
}

const WIDTHS = [36, 40, 60];

/** A table: the field, what it became, what its expressions read, and its text. */
function describeFields(fields: FieldExplanation[], paint: Paint): string[] {
  const rows = fields.map(({ path, expression, reads, value, error }) => [
    path,
    error ? 'failed' : shorten(value),
    reads.map(read => `${read.path} = ${shorten(read.value)}`).join(', '),
    escapeControls(expression.replace(/\s+/g, ' ').trim()),
  ]);
  const table = [['field', 'gives', 'reads', 'from'], ...rows].map(cells =>
    cells.map((cell, column) => cut(cell, WIDTHS[column])),
  );
  const widths = WIDTHS.map((_, column) =>
    Math.max(...table.map(cells => cells[column].length)),
  );
  return table.map((cells, index) => {
    const line = cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    const error = fields[index - 1]?.error;
    const styled = index === 0 ? paint.dim(line) : line;
    return error ? paint.red(line) : styled;
  });
}

function shorten(value: JsonValue | undefined): string {
  return value === undefined
    ? 'nothing'
    : escapeControls(JSON.stringify(value));
}

function cut(text: string, length = Infinity): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

const MAX_PROBLEM_LINES = 20;
const MAX_NAMED_RECORDS = 3;

/** Problems of the same code at the same place count as one, whatever its record. */
function describeOthers(problems: Problem[], paint: Paint): string[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const { code, path = '' } = problem;
    const key = `${code} ${path.replace(/\d+/g, '')}`;
    groups.set(key, [...(groups.get(key) ?? []), problem]);
  }
  const all = [...groups.values()];
  const hidden = all.slice(MAX_PROBLEM_LINES).flat().length;
  return [
    ...all.slice(0, MAX_PROBLEM_LINES).map(group => {
      const [first, ...others] = group;
      const line = describeProblem(first, paint);
      return others.length > 0 ? `${line} ${alsoWith(others)}` : line;
    }),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...(all.length > 0 ? [''] : []),
  ];
}

function alsoWith(others: Problem[]): string {
  const named = others
    .flatMap(({ recordId }) => recordId ?? [])
    .slice(0, MAX_NAMED_RECORDS)
    .map(id => escapeControls(JSON.stringify(id)));
  const names = named.length > 0 ? `: ${named.join(', ')}` : '';
  const more = others.length > named.length && named.length > 0 ? ', …' : '';
  return `[and ${others.length} more like it${names}${more}]`;
}

function describeCounts(
  { records, passed, mapped, invalid, entities, kinds }: RehearsalCounts,
  paint: Paint,
): string {
  const byKind = Object.entries(kinds)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${count} ${kind}`);
  const parts = [
    counted(records, 'record'),
    ...(passed === undefined ? [] : [`${passed} passed "when"`]),
    `${mapped} gave ${counted(entities, 'entity')}${
      byKind.length > 0 ? ` (${byKind.join(', ')})` : ''
    }`,
    invalid > 0 ? paint.red(`${invalid} invalid`) : paint.green('none invalid'),
  ];
  return parts.join(', ');
}
