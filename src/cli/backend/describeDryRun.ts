import type { JsonValue } from '@backstage/types';
import type { Listed } from '../../ingestion/dryRun/compareEntities';
import type { DryRun } from '../../ingestion/dryRun/dryRun';
import type { FieldDifference } from '../../lib/fieldDifferences';
import type { Problem } from '../../lib/problem';
import { counted, escapeControls as show } from '../../lib/values';
import {
  describeCounts,
  describeProblem,
} from '../rehearsal/describeRehearsal';
import type { Paint } from '../terminal';

/** What a run would do, as the lines of a diff. */
export function describeDryRun(report: DryRun, paint: Paint): string[] {
  const { counts, incomplete, problems } = report;
  const left = new Set(problems.items);
  const take = (isTaken: (problem: Problem) => boolean) => {
    const taken = [...left].filter(isTaken);
    taken.forEach(problem => left.delete(problem));
    return taken;
  };
  return [
    ...describeEntities(report, take, paint),
    ...describeHeld(report, paint),
    ...describeRelations(report, paint),
    ...describeList(
      'Problems:',
      problems,
      problem => describeProblem(problem, paint),
      { items: take(() => true) },
    ),
    ...(incomplete
      ? [paint.yellow(`What the list lacks stays: ${incomplete}`), '']
      : []),
    `${describeCounts(counts, 'entities', paint)}, ${counted(
      counts.entities,
      'entity',
    )} after the run`,
    describeChanges(counts, paint),
  ];
}

interface Change {
  entityRef: string;
  recordId?: string;
  from?: string;
  fields?: FieldDifference[];
}

/** The problems of a record stand under its entity, and are not shown again. */
function describeEntities(
  { added, changed, renamed, removed }: DryRun,
  take: (isTaken: (problem: Problem) => boolean) => Problem[],
  paint: Paint,
): string[] {
  const list = (changes: Listed<Change>, style: (ref: string) => string) => [
    ...changes.items.flatMap(({ recordId, from, entityRef, fields = [] }) => [
      style(from ? `${show(from)} → ${show(entityRef)}` : show(entityRef)),
      ...fields.map(describeDifference),
      ...take(({ recordId: id }) => id !== undefined && id === recordId).map(
        problem => `    ${describeProblem(problem, paint)}`,
      ),
    ]),
    ...more(changes),
  ];
  const lines = [
    ...list(added, ref => paint.green(`+ ${ref}`)),
    ...list(changed, ref => paint.yellow(`~ ${ref}`)),
    ...list(renamed, refs => paint.yellow(`> ${refs}`)),
    ...list(removed, ref => paint.red(`- ${ref}`)),
  ];
  return lines.length > 0 ? [...lines, ''] : [];
}

function describeHeld({ plan, held }: DryRun, paint: Paint): string[] {
  return plan
    ? [
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
      ]
    : [];
}

function describeRelations(report: DryRun, paint: Paint): string[] {
  const { unknownOwners, relationsBegun, relationsBroken } = report;
  const unknown = relationsBegun.items.filter(
    ({ isUnknown, field }) => isUnknown && field !== 'spec.owner',
  );
  return [
    ...describeList(
      'Owners that the catalog does not know:',
      unknownOwners,
      ({ owner, entities, example }) => {
        const many = counted(entities, 'entity');
        return paint.yellow(
          `${show(owner)}, of ${many} such as ${show(example)}`,
        );
      },
    ),
    ...describeList(
      'Relations to what the catalog does not know:',
      relationsBegun,
      ({ entityRef, field, target }) =>
        paint.yellow(`${show(entityRef)}: ${field} ${show(target)}`),
      { items: unknown, others: 'more relations, known or not' },
    ),
    ...describeList(
      'Relations to what would be removed:',
      relationsBroken,
      ({ entityRef, type, target }) =>
        paint.yellow(`${show(entityRef)}: ${type} ${show(target)}`),
    ),
  ];
}

function describeList<T>(
  title: string,
  list: Listed<T>,
  describe: (item: T) => string,
  { items = list.items, others }: { items?: T[]; others?: string } = {},
): string[] {
  const lines = [
    ...items.map(item => `  ${describe(item)}`),
    ...more(list, others),
  ];
  return lines.length > 0 ? [title, ...lines, ''] : [];
}

function more(
  { totalItems, items }: Listed<unknown>,
  others = 'more',
): string[] {
  const hidden = totalItems - items.length;
  return hidden > 0
    ? [
        `  and ${hidden} ${others} (--limit shows up to 500; some may be hidden)`,
      ]
    : [];
}

function describeChanges(counts: DryRun['counts'], paint: Paint): string {
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
