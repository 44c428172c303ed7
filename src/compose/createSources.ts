import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import { stringifyError, toError } from '@backstage/errors';
import { createCursorReader } from '../mapping/createCursorReader';
import { createRecordMapper } from '../mapping/createRecordMapper';
import { providerName } from '../model/keys';
import type { CustomDataSettings } from '../model/settings';
import { createHttpRecordSource } from '../sources/httpRecordSource';
import { CustomDataEntityProvider } from '../sync/CustomDataEntityProvider';
import { IdleEntityProvider } from '../sync/IdleEntityProvider';
import { RecordReader } from '../sync/RecordReader';
import { SourceSync } from '../sync/SourceSync';
import { milliseconds, pollIntervalMs } from '../sync/schedules';
import { createEntityValidator } from '../validation/createEntityValidator';
import type { Stores } from './createStores';

/** What polls and reads each source; one at fault does nothing and keeps its entities. */
export function createSources(options: {
  settings: CustomDataSettings;
  stores: Stores;
  scheduler: SchedulerService;
  logger: LoggerService;
  now: () => Date;
}) {
  const { settings, stores, scheduler, logger, now } = options;
  const syncs = new Map<string, SourceSync>();
  const readers = new Map<string, RecordReader>();
  const misconfigured = [...settings.misconfiguredSources];
  for (const source of settings.sources) {
    try {
      const timeoutMs = milliseconds(source.schedule.timeout);
      const mapper = createRecordMapper(source);
      const parts = {
        ...stores,
        settings: source,
        mapper,
        validator: createEntityValidator(source),
        source: createHttpRecordSource({
          settings: source,
          selectRecords: answer => mapper.selectRecords(answer),
          readCursor: createCursorReader(source),
          timeLimitMs: timeoutMs,
          now,
        }),
        logger,
        now,
        random: Math.random,
      };
      syncs.set(source.name, SourceSync.create({ ...parts, timeoutMs }));
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
    providers,
    faults: misconfigured,
    misconfigured: new Map(
      misconfigured.map(({ name, key, reason }) => [name, `${key}: ${reason}`]),
    ),
  };
}
