import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { EntityProvider } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import pLimit from 'p-limit';
import { SourceSync } from '../ingestion/SourceSync';
import { MAX_MUTATIONS } from '../ingestion/applyPlan';
import {
  listKnownSources,
  type SourcesContext,
} from '../ingestion/control/sources';
import { countEntities } from '../ingestion/database/records';
import {
  CustomDataEntityProvider,
  IdleEntityProvider,
} from '../ingestion/entityProviders';
import { pushedRecords } from '../ingestion/push/pushedRecords';
import { pollIntervalMs } from '../ingestion/schedules';
import { providerName } from '../lib/keys';
import { counted } from '../lib/values';
import type { RunTracker } from '../metrics/runs';
import { RecordReader } from '../locations/RecordReader';
import { CustomSourceReader } from '../sources/customRecordSource';
import type { PreparedSources } from './prepareSources';

/** One provider for each source; that of a misconfigured source only keeps its entities. */
export function createProviders(options: {
  prepared: PreparedSources;
  syncs: Promise<Map<string, SourceSync>>;
  scheduler: SchedulerService;
}): EntityProvider[] {
  const { prepared, syncs, scheduler } = options;
  return [
    ...prepared.sources.map(({ settings }) => {
      const started = syncs.then(all => all.get(settings.name)!);
      // Whoever connects the provider is told.
      started.catch(() => undefined);
      return new CustomDataEntityProvider({ settings, started, scheduler });
    }),
    ...prepared.misconfigured.map(
      ({ name }) => new IdleEntityProvider({ name: providerName(name) }),
    ),
  ];
}

/** What polls and reads each source, by name. */
export function startSources(options: {
  prepared: PreparedSources;
  knex: Knex;
  tracker: RunTracker;
  logger: LoggerService;
  now: () => Date;
}) {
  const { prepared, knex, tracker, logger, now } = options;
  const mutations = pLimit(MAX_MUTATIONS);
  const syncs = new Map<string, SourceSync>();
  const readers = new Map<string, RecordReader>();
  for (const source of prepared.sources) {
    const { settings } = source;
    const parts = {
      ...source,
      ...(settings.type === 'push' && {
        source: new CustomSourceReader(
          pushedRecords({ knex, source: settings.name }),
        ),
      }),
      knex,
      logger,
      now,
      random: Math.random,
    };
    syncs.set(settings.name, new SourceSync({ ...parts, mutations, tracker }));
    readers.set(
      settings.name,
      new RecordReader({ ...parts, freshForMs: pollIntervalMs(settings) }),
    );
  }
  return { syncs, readers };
}

/**
 * Providers, by source, that keep the entities of sources that were removed
 * from the configuration. Logs which of those there are, and which sources are
 * no longer polled.
 */
export async function keepRemovedSources(
  context: Pick<SourcesContext, 'knex' | 'syncs' | 'misconfigured' | 'logger'>,
): Promise<Map<string, IdleEntityProvider>> {
  const { knex, logger } = context;
  const providers = new Map<string, IdleEntityProvider>();
  for (const source of await listKnownSources(context)) {
    const { name } = source;
    if (source.type === 'unconfigured') {
      logger.warn(
        `Source "${name}" is not in the configuration any more; its entities stay as they are until its plan is approved`,
      );
      const provider = new IdleEntityProvider({ name: providerName(name) });
      providers.set(name, provider);
    } else if (source.type === 'configured' && !source.settings.poll) {
      const count = await countEntities({ knex, source: name });
      if (count > 0) {
        logger.warn(
          `Source "${name}" is not polled any more: its key "poll" is false; what its list gave (${counted(
            count,
            'entity',
          )}) stays as it is until its plan is approved`,
        );
      }
    }
  }
  return providers;
}
