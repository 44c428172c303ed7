import type { LoggerService } from '@backstage/backend-plugin-api';
import { IdleEntityProvider } from '../ingestion/IdleEntityProvider';
import type { PreparedSources } from './createSources';
import type { SyncStore } from '../ingestion/database/SyncStore';
import { providerName } from '../lib/keys';

/**
 * Providers, by source, that keep the entities of sources which are no longer
 * configured; says of those, and of sources that are no longer polled, that
 * their entities stay.
 */
export async function keepAbandoned(options: {
  store: Pick<SyncStore, 'listSources' | 'countEntities'>;
  prepared: PreparedSources;
  logger: LoggerService;
}): Promise<Map<string, IdleEntityProvider>> {
  const { store, prepared, logger } = options;
  const { sources, misconfigured } = prepared;
  const settings = new Map(
    sources.map(each => [each.settings.name, each.settings]),
  );
  const known = new Set([
    ...settings.keys(),
    ...misconfigured.map(each => each.name),
  ]);
  const abandoned = new Map<string, IdleEntityProvider>();
  for (const source of await store.listSources()) {
    if (!known.has(source)) {
      logger.warn(
        `Source "${source}" is not in the configuration any more; its entities stay as they are until its plan is approved`,
      );
      abandoned.set(
        source,
        IdleEntityProvider.create({ name: providerName(source) }),
      );
    } else if (settings.get(source)?.poll === false) {
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
