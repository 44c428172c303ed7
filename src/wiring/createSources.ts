import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import { stringifyError, toError } from '@backstage/errors';
import type { CustomDataSettings } from '../config/settings';
import type { Extensions } from '../extension';
import { CustomDataEntityProvider } from '../ingestion/CustomDataEntityProvider';
import { IdleEntityProvider } from '../ingestion/IdleEntityProvider';
import { SourceSync } from '../ingestion/SourceSync';
import { MUTATIONS_AT_ONCE } from '../ingestion/applyBatches';
import type { ExplainableSource } from '../ingestion/explain/explainOptions';
import { milliseconds, pollIntervalMs } from '../ingestion/schedules';
import { providerName } from '../lib/keys';
import { createSlots } from '../lib/limits';
import { RecordReader } from '../locations/RecordReader';
import { createSourceParts } from './createSourceParts';
import type { Stores } from './createStores';

/** What polls and reads each source; one at fault does nothing and keeps its entities. */
export function createSources(options: {
  settings: CustomDataSettings;
  extensions: Extensions;
  stores: Stores;
  scheduler: SchedulerService;
  logger: LoggerService;
  now: () => Date;
}) {
  const { settings, extensions, stores, scheduler, logger, now } = options;
  const syncs = new Map<string, SourceSync>();
  const readers = new Map<string, RecordReader>();
  const explainable = new Map<string, ExplainableSource>();
  const mutations = createSlots(MUTATIONS_AT_ONCE);
  const misconfigured = [...settings.misconfiguredSources];
  for (const source of settings.sources) {
    try {
      const parts = {
        ...stores,
        ...createSourceParts({ settings: source, extensions, now }),
        settings: source,
        logger,
        now,
        random: Math.random,
      };
      const timeoutMs = milliseconds(source.schedule.timeout);
      syncs.set(
        source.name,
        SourceSync.create({ ...parts, mutations, timeoutMs }),
      );
      explainable.set(source.name, parts);
      readers.set(
        source.name,
        RecordReader.create({ ...parts, freshForMs: pollIntervalMs(source) }),
      );
    } catch (error) {
      misconfigured.push({
        name: source.name,
        key: `catalog.customData.sources.${source.name}`,
        reason: stringifyError(toError(error)),
      });
    }
  }
  const providers = [
    ...[...syncs.values()].map(sync =>
      CustomDataEntityProvider.create({ sync, scheduler }),
    ),
    ...misconfigured.map(({ name }) =>
      IdleEntityProvider.create({ name: providerName(name) }),
    ),
  ];
  return {
    syncs,
    readers,
    explainable,
    providers,
    faults: misconfigured,
    misconfigured: new Map(
      misconfigured.map(({ name, key, reason }) => [name, `${key}: ${reason}`]),
    ),
  };
}
