import type { LoggerService } from '@backstage/backend-plugin-api';
import { IdleEntityProvider } from '../ingestion/IdleEntityProvider';
import type { SourceSync } from '../ingestion/SourceSync';
import type { SyncStore } from '../ingestion/database/SyncStore';
import { providerName } from '../lib/keys';

/**
 * Providers, by source, that keep the entities of sources which are no longer
 * configured; says of those, and of sources that are no longer polled, that
 * their entities stay.
 */
export async function keepAbandoned(options: {
  store: Pick<SyncStore, 'listSources' | 'countEntities'>;
  /** Names of all providers that there are for the configuration. */
  providers: Set<string>;
  syncs: Map<string, SourceSync>;
  logger: LoggerService;
}): Promise<Map<string, IdleEntityProvider>> {
  const { store, providers, syncs, logger } = options;
  const abandoned = new Map<string, IdleEntityProvider>();
  for (const source of await store.listSources()) {
    const name = providerName(source);
    if (!providers.has(name)) {
      logger.warn(
        `Source "${source}" is not in the configuration any more; its entities stay as they are until its plan is approved`,
      );
      abandoned.set(source, IdleEntityProvider.create({ name }));
    } else if (syncs.get(source)?.settings.poll === false) {
      const count = await store.countEntities(source);
      if (count > 0) {
        logger.warn(
          `Source "${source}" is not polled any more: its key "poll" is false; ${count} entities of its list stay as they are until its plan is approved`,
        );
      }
    }
  }
  return abandoned;
}
