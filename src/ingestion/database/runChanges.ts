/*
 * What each run changed, before and after, so that it can be shown and taken
 * back. It is kept as deflated JSON, some hundred entities a row: a row for each
 * entity would cost a poll more than the change itself.
 */
import type { Knex } from 'knex';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { redactValues } from '../../database/columns';
import { inChunks } from '../../lib/inChunks';
import { countedPage, type Page, type PageRequest } from '../../lib/page';
import type { SyncPlan } from '../plan';
import { readGivenEntities } from './records';

const TABLE = 'custom_data_run_changes';

const ENTITIES_PER_PART = 500;

/** The fastest: what a better one saves is deleted after a week. */
const LEVEL = { level: 1 };

const deflate = promisify<string, object, Buffer>(deflateRaw);
const inflate = promisify<Buffer, Buffer>(inflateRaw);

/** An entity as a record gives it. */
export interface EntityState {
  recordId: string;
  /** Canonical JSON. */
  entity: string;
}

/** What a run did to an entity: a side that is not there had none. */
export interface RunChange {
  entityRef: string;
  before?: EntityState;
  after?: EntityState;
}

interface Part {
  count: number;
  changes: Buffer;
}

/** What a plan changes, ready to be stored. Reads what the tables have now. */
export async function packChanges(
  options: { knex: Knex; source: string } & Pick<SyncPlan, 'changes' | 'basis'>,
): Promise<Part[]> {
  const { knex, source, changes, basis } = options;
  const stored = [...basis.input.stored.contributions.values()].flat();
  const known = new Set(stored.map(({ entityRef }) => entityRef));
  const after = new Map(changes.contributions.map(c => [c.entityRef, c]));
  const removed = changes.removedContributions.map(c => c.entityRef);
  const refs = [...new Set([...after.keys(), ...removed])].sort();
  // Compressed on another thread, while the next is read.
  const parts: Promise<Part>[] = [];
  for (const chunk of inChunks(refs, ENTITIES_PER_PART)) {
    const entityRefs = chunk.filter(ref => known.has(ref));
    const before = await readGivenEntities({ knex, source, entityRefs });
    const list = chunk.map((entityRef): RunChange => {
      const fresh = after.get(entityRef);
      return {
        entityRef,
        before: before.get(entityRef),
        after: fresh && { recordId: fresh.recordId, entity: fresh.entity },
      };
    });
    parts.push(toPart(list));
  }
  return Promise.all(parts);
}

async function toPart(list: RunChange[]): Promise<Part> {
  const changes = await deflate(JSON.stringify(list), LEVEL);
  return { count: list.length, changes };
}

export async function writeRunChanges(options: {
  tx: Knex.Transaction;
  runId: string;
  parts: Part[];
}): Promise<void> {
  const { tx, runId, parts } = options;
  for (const [number, part] of parts.entries()) {
    const row = { run_id: runId, number, ...part };
    await redactValues(async () => tx(TABLE).insert(row));
  }
}

/** All that a run changed, in order of the refs, a part at a time. */
export async function* readRunChanges(options: {
  knex: Knex;
  runId: string;
}): AsyncGenerator<RunChange[]> {
  const { knex, runId } = options;
  const numbers = await knex(TABLE)
    .where({ run_id: runId })
    .orderBy('number')
    .pluck('number');
  for (const number of numbers) {
    yield await readPart(knex, { run_id: runId, number });
  }
}

async function readPart(
  knex: Knex,
  key: { run_id: string; number: number },
): Promise<RunChange[]> {
  const { changes } = await knex(TABLE).where(key).first('changes');
  return JSON.parse((await inflate(changes)).toString());
}

/** A page of what a run changed. */
export async function listRunChanges(options: {
  knex: Knex;
  runId: string;
  page: PageRequest;
}): Promise<Page<RunChange>> {
  const { knex, runId, page } = options;
  const parts = await knex(TABLE)
    .where({ run_id: runId })
    .orderBy('number')
    .select('number', 'count');
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  return countedPage(page, total, async ({ offset, limit }) => {
    const items: RunChange[] = [];
    let start = 0;
    for (const { number, count } of parts) {
      if (start < offset + limit && start + count > offset) {
        const part = await readPart(knex, { run_id: runId, number });
        const from = Math.max(0, offset - start);
        items.push(...part.slice(from, offset + limit - start));
      }
      start += count;
    }
    return items;
  });
}
