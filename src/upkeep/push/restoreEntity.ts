import type { Entity } from '@backstage/catalog-model';
import { ConflictError } from '@backstage/errors';
import { applyChanges } from '../../ingestion/changes/applyChanges';
import type { Pin } from '../../ingestion/changes/change';
import type { SourcesContext } from '../../ingestion/control/sources';
import { readCurrentVersion } from '../../ingestion/database/pushes';
import { assertExpected, type Write, type Written } from './writeEntity';
import type { Target } from './findTarget';

/**
 * Writes an entity of a source that is polled: it is restored at once, and
 * pinned, since the next poll would give the source's own version again. On a
 * mismatch, the record is fetched from the source.
 */
export async function restoreEntity(
  context: SourcesContext,
  target: Target,
  { after, pin, ...write }: Write & { after?: Entity; pin: Pin },
): Promise<Written> {
  const { knex, shutdown: signal } = context;
  const { entityRef, by } = write;
  const { settings } = target;
  let { current } = target;
  for (;;) {
    try {
      await assertExpected(context, { settings, current }, write);
    } catch (error) {
      fetchLatest(context, { settings, current });
      throw error;
    }
    const before = current?.hash;
    const report = await applyChanges(context, {
      source: settings.name,
      kind: 'restore',
      by,
      reason: pin.reason,
      changes: [{ entityRef, before: before ?? null, after, pin }],
      signal,
    });
    const [left] = report.left;
    if (!left) {
      return { before, after: report.applied[0]?.hash };
    }
    current = await readCurrentVersion({ knex, entityRef });
    if (current?.hash === before || current?.source !== settings.name) {
      throw new ConflictError(
        `"${entityRef}" was left as it is: ${left.reason}`,
      );
    }
  }
}

/** Whoever met another version than expected should see the latest one soon. */
function fetchLatest(
  { syncs, shutdown: signal, logger }: SourcesContext,
  { settings, current }: Target,
): void {
  const sync = syncs.get(settings.name);
  if (!sync || !current) {
    return;
  }
  const fetching = sync.isListOnly
    ? sync.requestList()
    : sync.syncRecord({ recordId: current.recordId, signal });
  // The run tells what failed. A source that is paused or backs off is left alone.
  fetching.catch(error =>
    logger.debug(
      `The latest record of "${current.recordId}" of source "${settings.name}" was not fetched`,
      error,
    ),
  );
}
