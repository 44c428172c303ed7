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
import { cut, describeTable } from '../output';
import {
  createPaint,
  escapeLines,
  type Paint,
  type Terminal,
} from '../terminal';

/** What a rehearsal found, as lines: the first entities, all problems, counts. */
export function describeRehearsal(
  { samples, problems, counts, incomplete }: Rehearsal,
  terminal: Terminal,
): string[] {
  const paint = createPaint(terminal.stdout, terminal);
  const shown = new Set(samples.map(({ recordId }) => recordId));
  const isShown = ({ recordId = '' }: Problem) => shown.has(recordId);
  const { entities, kinds } = counts;
  const byKind = Object.entries(kinds)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${count} ${kind}`);
  const list = byKind.length > 0 ? ` (${byKind.join(', ')})` : '';
  return [
    ...samples.flatMap(sample => [
      paint.bold(`# Record ${showId(sample.recordId)}`),
      ...sample.entities.map(entity =>
        escapeLines(`---\n${stringify(entity).trimEnd()}`),
      ),
      ...problems
        .filter(({ recordId }) => recordId === sample.recordId)
        .map(problem => describeProblem(problem, paint)),
      '',
      ...describeFields(sample, terminal),
    ]),
    ...describeOthers(
      problems.filter(problem => !isShown(problem)),
      paint,
    ),
    ...(incomplete
      ? [paint.yellow(`The list may lack records: ${incomplete}`)]
      : []),
    describeCounts(counts, `${counted(entities, 'entity')}${list}`, paint),
  ];
}

/** How many records came, and what became of them. */
export function describeCounts(
  { records, passed, mapped, invalid }: RehearsalCounts,
  given: string,
  paint: Paint,
): string {
  return [
    counted(records, 'record'),
    ...(passed === undefined ? [] : [`${passed} passed "when"`]),
    `${mapped} gave ${given}`,
    invalid > 0 ? paint.red(`${invalid} invalid`) : paint.green('none invalid'),
  ].join(', ');
}

export function describeProblem(
  { code, severity, message, value }: Problem,
  paint: Paint,
): string {
  const color = severity === 'error' ? paint.red : paint.yellow;
  const shown = value === undefined ? '' : ` (value: ${value})`;
  return `${color(`${severity} ${code}`)}: ${escapeControls(message)}${shown}`;
}

/** A table for each template: the field, what it became, what its expressions read, and its text. */
function describeFields(
  { fields }: RehearsedRecord,
  terminal: Terminal,
): string[] {
  return fields.flatMap((each, index) => [
    fields.length > 1 ? `# entity[${index}]` : '# How its fields are made',
    ...describeTable(terminal, each.map(fieldRow)),
    '',
  ]);
}

function fieldRow({ path, expression, reads, value, error }: FieldExplanation) {
  const read = reads.map(each => `${each.path} = ${toText(each.value)}`);
  return {
    field: cut(path, 36),
    gives: error ? 'failed' : cut(toText(value), 40),
    reads: cut(read.join(', '), 60),
    from: expression.replace(/\s+/g, ' ').trim(),
  };
}

function toText(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function showId(recordId: string): string {
  return escapeControls(JSON.stringify(recordId));
}

const MAX_PROBLEM_LINES = 20;
const MAX_NAMED_RECORDS = 3;

/** Problems of the same code at the same place count as one, whatever its record. */
function describeOthers(problems: Problem[], paint: Paint): string[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = `${problem.code} ${problem.path?.replace(/\d+/g, '')}`;
    const group = groups.get(key);
    if (group) {
      group.push(problem);
    } else {
      groups.set(key, [problem]);
    }
  }
  const all = [...groups.values()];
  const hidden = all.slice(MAX_PROBLEM_LINES).flat().length;
  return [
    ...all.slice(0, MAX_PROBLEM_LINES).map(([first, ...others]) => {
      const line = describeProblem(first, paint);
      return others.length > 0 ? `${line} ${alsoWith(others)}` : line;
    }),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...(all.length > 0 ? [''] : []),
  ];
}

function alsoWith(others: Problem[]): string {
  const ids = others.flatMap(({ recordId }) => recordId ?? []);
  const named = ids.slice(0, MAX_NAMED_RECORDS).map(showId);
  const names = named.length > 0 ? `: ${named.join(', ')}` : '';
  const more = others.length > named.length && named.length > 0 ? ', …' : '';
  return `[and ${others.length} more like it${names}${more}]`;
}
