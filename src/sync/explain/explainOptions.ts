import type { EntityRegistry } from '../../model/catalog';
import type { LineageStore } from '../../model/manage';
import type { SourceSettings } from '../../model/settings';
import type { RecordSource } from '../../model/source';
import type { ReadStateStore, SyncStore } from '../../model/sync';
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
