import type { JsonValue } from '@backstage/types';
import type { Listed } from '../../ingestion/dryRun/compareEntities';
import type { DryRun } from '../../ingestion/dryRun/dryRun';
import type { FieldDifference } from '../../lib/fieldDifferences';
import type { Problem } from '../../lib/problem';
import { counted, escapeControls } from '../../lib/values';
import { describeProblem } from '../rehearsal/describeRehearsal';
import type { Paint } from '../terminal';

/** The problems of records, each of which is shown once. */
class ProblemsOf {
  readonly #left: Set<Problem>;

  constructor(problems: Problem[], readonly paint: Paint) {
    this.#left = new Set(problems);
  }

  under(recordId: string | undefined): string[] {
    return this.#take(
      problem => recordId !== undefined && problem.recordId === recordId,
    ).map(line => `    ${line}`);
  }

  others(): string[] {
    return this.#take(() => true);
  }

  #take(isTaken: (problem: Problem) => boolean): string[] {
    const taken = [...this.#left].filter(isTaken);
    taken.forEach(problem => this.#left.delete(problem));
    return taken.map(problem => describeProblem(problem, this.paint));
  }
}

/** What a run would do, as the lines of a diff. */
export function describeDryRun(report: DryRun, paint: Paint): string[] {
  const problems = new ProblemsOf(report.problems.items, paint);
  return [
    ...describeEntities(report, problems, paint),
    ...describeHeld(report, paint),
    ...describeRelations(report, paint),
    ...section('Problems', report.problems, problems.others()),
    ...(report.incomplete
      ? [paint.yellow(`What the list lacks stays: ${report.incomplete}`), '']
      : []),
    describeRecords(report, paint),
    describeChanges(report, paint),
  ];
}

function describeEntities(
  { added, changed, renamed, removed }: DryRun,
  problems: ProblemsOf,
  paint: Paint,
): string[] {
  const lines = [
    ...added.items.flatMap(({ entityRef, recordId }) => [
      paint.green(`+ ${show(entityRef)}`),
      ...problems.under(recordId),
    ]),
    ...more(added),
    ...changed.items.flatMap(({ entityRef, recordId, fields }) => [
      paint.yellow(`~ ${show(entityRef)}`),
      ...fields.map(describeDifference),
      ...problems.under(recordId),
    ]),
    ...more(changed),
    ...renamed.items.flatMap(({ from, entityRef, recordId, fields }) => [
      paint.yellow(`> ${show(from)} → ${show(entityRef)}`),
      ...fields.map(describeDifference),
      ...problems.under(recordId),
    ]),
    ...more(renamed),
    ...removed.items.map(({ entityRef }) => paint.red(`- ${show(entityRef)}`)),
    ...more(removed),
  ];
  return lines.length > 0 ? [...lines, ''] : [];
}

function describeHeld({ plan, held }: DryRun, paint: Paint): string[] {
  if (!plan) {
    return [];
  }
  return [
    paint.bold(`Held until somebody decides: ${show(plan.reason)}`),
    `  plan ${plan.hash}`,
    ...held.items.flatMap(({ entityRef, changes }) =>
      changes
        ? [
            paint.yellow(`  ~ ${show(entityRef)}`),
            ...changes.map(({ field, from, to }) =>
              describeDifference({ path: field, before: from, after: to }),
            ),
          ]
        : [paint.red(`  - ${show(entityRef)}`)],
    ),
    ...more(held),
    '',
  ];
}

function describeRelations(report: DryRun, paint: Paint): string[] {
  const { unknownOwners, relationsBegun, relationsBroken } = report;
  const unknown = relationsBegun.items.filter(
    ({ isUnknown, field }) => isUnknown && field !== 'spec.owner',
  );
  return [
    ...section(
      'Owners that the catalog does not know',
      unknownOwners,
      unknownOwners.items.map(({ owner, entities, example }) =>
        paint.yellow(
          `${show(owner)}, of ${counted(entities, 'entity')} such as ${show(
            example,
          )}`,
        ),
      ),
    ),
    ...section(
      'Relations to what the catalog does not know',
      { totalItems: unknown.length, items: unknown },
      unknown.map(({ entityRef, field, target }) =>
        paint.yellow(`${show(entityRef)}: ${field} ${show(target)}`),
      ),
    ),
    ...section(
      'Relations to what would be removed',
      relationsBroken,
      relationsBroken.items.map(({ entityRef, type, target }) =>
        paint.yellow(`${show(entityRef)}: ${type} ${show(target)}`),
      ),
    ),
  ];
}

function section(
  title: string,
  list: Listed<unknown>,
  lines: string[],
): string[] {
  return lines.length > 0
    ? [`${title}:`, ...lines.map(line => `  ${line}`), ...more(list), '']
    : [];
}

function more({ totalItems, items }: Listed<unknown>): string[] {
  const hidden = totalItems - items.length;
  return hidden > 0
    ? [`  and ${hidden} more (--limit shows up to 500; some may be hidden)`]
    : [];
}

function describeRecords({ counts }: DryRun, paint: Paint): string {
  const { records, passed, mapped, invalid, entities } = counts;
  return [
    counted(records, 'record'),
    ...(passed === undefined ? [] : [`${passed} passed "when"`]),
    `${mapped} gave entities`,
    invalid > 0 ? paint.red(`${invalid} invalid`) : 'none invalid',
    `${counted(entities, 'entity')} after the run`,
  ].join(', ');
}

function describeChanges({ counts }: DryRun, paint: Paint): string {
  const { added, changed, renamed, removed, held, unchanged } = counts;
  const parts = [
    paint.green(`${added - renamed} to add`),
    paint.yellow(`${changed} to change`),
    paint.yellow(`${renamed} to rename`),
    paint.red(`${removed - renamed} to remove`),
    `${held} held`,
    `${unchanged} unchanged`,
  ];
  return `${parts.join(', ')}. Nothing was done.`;
}

const MAX_VALUE = 200;

/** A field with its value before and after, on one line. */
export function describeDifference({
  path,
  before,
  after,
}: FieldDifference): string {
  return `    ${show(path)}: ${showValue(before)} → ${showValue(after)}`;
}

function showValue(value: JsonValue | undefined): string {
  const text = value === undefined ? 'nothing' : show(JSON.stringify(value));
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function show(text: string): string {
  return escapeControls(text);
}
