import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { toError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { randomUUID } from 'node:crypto';
import { toText } from '../../database/columns';
import type { EntityChange } from '../../ingestion/changes/change';
import {
  hashPlan,
  proposeChanges,
  toPlanRefs,
} from '../../ingestion/changes/proposeChanges';
import { deleteListDays } from '../../ingestion/database/listDays';
import { readPlan } from '../../ingestion/database/planDecisions';
import { counted } from '../../lib/values';
import { readTexts } from './database/findings';
import { noteOrphans } from './database/orphans';
import { saveReport, voidOtherPlans } from './database/reports';
import { deprecate } from './deprecate';
import { type FindContext, type Findings, findItems } from './findItems';
import type { CleanUpItem, CleanUpPlan, CleanUpReport } from './report';

const DAY_MS = 24 * 3_600_000;

export interface CleanUpContext extends FindContext {
  catalog: Pick<CatalogService, 'removeEntityByUid'>;
  ownCredentials: () => Promise<BackstageCredentials>;
  logger: LoggerService;
  now: () => Date;
}

/**
 * Looks for what is stale, retired, orphaned or without an owner, and makes a
 * plan for each source of what it would change. The plans wait for approval.
 * Orphans, which no source gives, are removed at once where the configuration
 * says so. A dry run writes nothing.
 */
export async function cleanUp(
  context: CleanUpContext,
  options: { dryRun: boolean; by: string },
): Promise<CleanUpReport> {
  const { knex, settings, logger } = context;
  const { dryRun, by } = options;
  const now = context.now();
  const findings = await findItems(context, now);
  let items = limitChanges(findings.items, settings.cleanUp.maxChanges);
  let plans: CleanUpPlan[] = [];
  if (!dryRun) {
    await noteOrphans({
      knex,
      entityRefs: [...findings.orphans.keys()],
      now,
    });
    items = await removeOrphans(context, items, findings.orphans);
    const made = await makePlans(context, items, { by, now });
    ({ items, plans } = made);
    await voidOtherPlans({ knex, plans });
    await deleteListDays({ knex, before: new Date(now.getTime() - DAY_MS) });
  }
  const report = toReport({ ...findings, items, plans, dryRun, by, now });
  if (dryRun) {
    return report;
  }
  const id = randomUUID();
  await saveReport({ knex, report: { ...report, id } });
  const { planned, done, left } = report.counts;
  if (planned + done > 0) {
    logger.info(
      `Clean-up ${id}: ${planned} changes wait for approval, ${done} orphans removed, ${left} left; GET /api/catalog/custom-data/clean-up/reports/${id} shows which and why`,
    );
  }
  return { id, ...report };
}

/** What is beyond the limit is left for the next time; what is found first goes first. */
function limitChanges(items: CleanUpItem[], maxChanges: number): CleanUpItem[] {
  let changes = 0;
  return items.map(item => {
    if (!item.action || ++changes <= maxChanges) {
      return item;
    }
    return withLeft(
      item,
      `one clean-up changes at most ${counted(
        maxChanges,
        'entity',
      )} ("cleanUp.maxChanges")`,
    );
  });
}

function withLeft(
  { action: _, ...item }: CleanUpItem,
  left: string,
): CleanUpItem {
  return { ...item, left };
}

/** No provider gives them, so the API of the catalog removes them. */
async function removeOrphans(
  { catalog, ownCredentials }: CleanUpContext,
  items: CleanUpItem[],
  uids: Findings['orphans'],
): Promise<CleanUpItem[]> {
  const after: CleanUpItem[] = [];
  for (const item of items) {
    if (item.action === 'remove') {
      const uid = uids.get(item.entityRef)!;
      const credentials = await ownCredentials();
      after.push(
        await catalog.removeEntityByUid(uid, { credentials }).then(
          () => ({ ...item, done: true as const }),
          error => withLeft(item, toError(error).message),
        ),
      );
    } else {
      after.push(item);
    }
  }
  return after;
}

/** A plan for each source that something is to be changed of. */
async function makePlans(
  context: CleanUpContext,
  items: CleanUpItem[],
  { by, now }: { by: string; now: Date },
): Promise<{ items: CleanUpItem[]; plans: CleanUpPlan[] }> {
  const { knex } = context;
  const planned = items.filter(({ action, done }) => action && !done);
  const entityRefs = planned.map(({ entityRef }) => entityRef);
  const texts = await readTexts({ knex, entityRefs });
  const plans: CleanUpPlan[] = [];
  const rejected = new Map<string, string>();
  for (const source of new Set(planned.map(item => item.source!))) {
    const own = planned.filter(item => item.source === source);
    const changes = own.map(item => toChange(item, texts));
    const refs = await toPlanRefs({ knex, source, changes });
    const hash = hashPlan(source, 'clean-up', refs);
    const known = await readPlan({ knex, source, hash, now });
    if (known?.state === 'rejected') {
      rejected.set(source, `${known.decidedBy} rejected the plan "${hash}"`);
    } else {
      await proposeChanges({
        knex,
        source,
        kind: 'clean-up',
        reason: reasonOf(own),
        changes,
        by,
        now,
      });
      plans.push({ source, hash, changes: changes.length });
    }
  }
  return {
    plans,
    items: items.map(item => {
      const left = item.action && !item.done && rejected.get(item.source!);
      return left ? withLeft(item, left) : item;
    }),
  };
}

/** Counts alone: the entities are in the plan. */
function reasonOf(items: CleanUpItem[]): string {
  const count = (found: string, action: string) =>
    items.filter(item => item.found === found && item.action === action).length;
  const parts = [
    [count('stale', 'deprecate'), 'stale to deprecate'],
    [count('stale', 'archive'), 'stale to archive'],
    [count('retired', 'deprecate'), 'retired to deprecate'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}

function toChange(
  { entityRef, action, found, why }: CleanUpItem,
  texts: Map<string, string>,
): EntityChange {
  if (action === 'archive') {
    return { entityRef };
  }
  const entity: Entity = JSON.parse(texts.get(entityRef)!);
  return {
    entityRef,
    after: deprecate(entity, why),
    // Its source still lists it, and would give it as it was.
    ...(found === 'retired' && { pin: { reason: why } }),
  };
}

/** A report names at most so many of a kind; its counts are of all. */
const MAX_ITEMS = 5000;

function toReport(
  found: Omit<Findings, 'orphans'> & {
    plans: CleanUpPlan[];
    dryRun: boolean;
    by: string;
    now: Date;
  },
): CleanUpReport {
  const { items, unknownOwners, contradictions, plans, dryRun, by, now } =
    found;
  const count = (isIt: (item: CleanUpItem) => unknown) =>
    items.filter(isIt).length;
  return {
    startedAt: toText(now),
    by,
    dryRun,
    counts: {
      stale: count(item => item.found === 'stale'),
      retired: count(item => item.found === 'retired'),
      orphans: count(item => item.found === 'orphan'),
      unknownOwners: unknownOwners.length,
      contradictions: contradictions.length,
      planned: count(({ action, done }) => action && !done),
      done: count(({ done }) => done),
      left: count(({ left }) => left),
    },
    plans,
    items: items.slice(0, MAX_ITEMS),
    unknownOwners: unknownOwners.slice(0, MAX_ITEMS),
    contradictions: contradictions.slice(0, MAX_ITEMS),
  };
}
