import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { DryRun } from '../ingestion/dryRun/dryRun';
import { readRecords } from '../ingestion/database/records';
import { isObject } from '../lib/values';
import { type VisibilityContext, visibleRefs } from './visibleEntities';

type Items<List extends keyof DryRun> = DryRun[List] extends {
  items: Array<infer Item>;
}
  ? Item
  : never;

/** For each list, the entities that a caller must be allowed to read to see an item. */
type RefsOf = {
  [List in keyof DryRun as DryRun[List] extends { items: unknown[] }
    ? List
    : never]: (item: Items<List>) => string[];
};

/**
 * A dry run without what the caller may not see. Problems and records follow the
 * rule of `GET /sources/:source/problems`: they may quote all of their record.
 */
export async function withoutHidden(
  context: VisibilityContext & { knex: Knex },
  options: {
    source: string;
    report: DryRun;
    credentials: BackstageCredentials;
  },
): Promise<DryRun> {
  const { source, report, credentials } = options;
  const recordIds = [...report.problems.items, ...report.records.items].flatMap(
    ({ recordId }) => recordId ?? [],
  );
  const { contributions } = await readRecords({
    knex: context.knex,
    source,
    recordIds: [...new Set(recordIds)],
  });
  const given = (recordId = '') =>
    (contributions.get(recordId) ?? []).map(({ entityRef }) => entityRef);
  const own = ({ entityRef }: { entityRef: string }) => [entityRef];
  const refsOf: RefsOf = {
    added: own,
    changed: own,
    renamed: ({ entityRef, from }) => [entityRef, from],
    removed: own,
    held: own,
    problems: ({ entityRef, recordId }) => [
      ...(entityRef === undefined ? [] : [entityRef]),
      ...given(recordId),
    ],
    relationsBegun: own,
    relationsEnded: own,
    relationsBroken: ({ entityRef, target }) => [entityRef, target],
    unknownOwners: ({ example }) => [example],
    records: ({ recordId, entities }) => [
      ...given(recordId),
      ...entities.flatMap(refOf),
    ],
  };
  const lists = Object.entries(refsOf) as Array<
    [keyof RefsOf, (item: any) => string[]]
  >;
  const visible = await visibleRefs(
    context,
    lists.flatMap(([list, refs]) =>
      (report[list].items as any[]).flatMap(refs),
    ),
    credentials,
  );
  const shown = lists.map(([list, refs]) => {
    const { totalItems, items } = report[list];
    const isVisible = (item: any) => refs(item).every(ref => visible.has(ref));
    return [list, { totalItems, items: (items as any[]).filter(isVisible) }];
  });
  return { ...report, ...Object.fromEntries(shown) };
}

/** None for what is no valid entity: nobody can have a right to it. */
function refOf({ kind, metadata }: JsonObject): string[] {
  const { name, namespace } = isObject(metadata) ? metadata : {};
  const parts = { kind, metadata: { name, namespace } };
  return typeof kind === 'string' && typeof name === 'string'
    ? [stringifyEntityRef(parts as any)]
    : [];
}
