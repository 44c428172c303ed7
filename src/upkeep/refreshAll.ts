import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { inChunks } from '../lib/inChunks';
import {
  findRunningRefresh,
  insertRefresh,
  type RefreshReport,
  readRefresh,
  updateRefresh,
} from './database/refreshes';

/** Entities that the catalog is asked to refresh at once. */
const BATCH_SIZE = 20;

export interface RefreshContext {
  knex: Knex;
  catalog: Pick<CatalogService, 'refreshEntity'>;
  logger: LoggerService;
  now: () => Date;
  shutdown: AbortSignal;
}

/**
 * Begins to have the catalog process all entities of our sources again, in
 * batches and with the caller's own credentials, and returns at once. While one
 * is running, that one is returned.
 */
export async function refreshAll(
  context: RefreshContext,
  { credentials, by }: { credentials: BackstageCredentials; by: string },
): Promise<RefreshReport> {
  const { knex, now, logger } = context;
  const running = await findRunningRefresh({ knex, now: now() });
  if (running) {
    return running;
  }
  const refs: string[] = await knex('custom_data_entities')
    .orderBy('entity_ref')
    .pluck('entity_ref');
  const id = randomUUID();
  await insertRefresh({ knex, id, total: refs.length, by, now: now() });
  void refreshInBatches(context, { id, refs, credentials }).catch(error =>
    logger.error(`Refresh "${id}" could not be recorded`, error),
  );
  return (await readRefresh({ knex, id, now: now() }))!;
}

async function refreshInBatches(
  { knex, catalog, now, shutdown }: RefreshContext,
  options: { id: string; refs: string[]; credentials: BackstageCredentials },
): Promise<void> {
  const { id, refs, credentials } = options;
  const progress = { done: 0, failed: 0 };
  let error: string | undefined;
  for (const batch of inChunks(refs, BATCH_SIZE)) {
    if (shutdown.aborted) {
      error = 'The backend was stopped';
      break;
    }
    const results = await Promise.allSettled(
      batch.map(ref => catalog.refreshEntity(ref, { credentials })),
    );
    for (const result of results) {
      progress.done += 1;
      if (result.status === 'rejected') {
        progress.failed += 1;
        error ??= stringifyError(result.reason);
      }
    }
    await updateRefresh({ knex, id, progress, error, now: now() });
  }
  const state = progress.done < refs.length ? 'failed' : 'done';
  await updateRefresh({ knex, id, progress, state, error, now: now() });
}
