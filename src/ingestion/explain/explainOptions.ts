import type { SourceSettings } from '../../config/settings';
import type { EntityRegistry } from '../../database/catalogTables';
import type { RecordSource } from '../../sources/RecordSource';
import type { ReadStateStore, SyncStore } from '../database/SyncStore';
import type { LineageStore } from '../database/lineage';
import type { RecordParts } from '../observeRecord';

/** What reads and maps the records of one source. */
export interface ExplainableSource extends RecordParts {
  settings: SourceSettings;
  source: RecordSource;
}

export interface ExplainOptions {
  /** The sources that are configured and in order, by name. */
  sources: Map<string, ExplainableSource>;
  lineages: LineageStore;
  registry: EntityRegistry;
  store: Pick<SyncStore, 'readState' | 'postpone'>;
  reads: Pick<ReadStateStore, 'get'>;
  now: () => Date;
  shutdown: AbortSignal;
}
