import type { LoggerService } from '@backstage/backend-plugin-api';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import type { SourceSettings } from '../config/settings';
import type {
  CatalogRelations,
  EntityRegistry,
} from '../database/catalogTables';
import type { Slots } from '../lib/limits';
import type { RecordSource } from '../sources/RecordSource';
import type { Run, SourceState, SyncStore } from './database/SyncStore';
import type { Shape } from './fingerprint';
import type { RecordParts } from './observeRecord';

/** What every run of a source works with. */
export interface SyncOptions extends RecordParts {
  settings: SourceSettings;
  /** What shapes entities beyond the settings. */
  shape?: Shape;
  source: RecordSource;
  store: SyncStore;
  registry: EntityRegistry;
  relations: CatalogRelations;
  /** Of all sources of the process. */
  mutations: Slots;
  /** How long one run may take, in milliseconds: the schedule's timeout. */
  timeoutMs: number;
  logger: LoggerService;
  now: () => Date;
  random: () => number;
}

/** What one run works with. */
export interface RunContext extends SyncOptions {
  run: Run;
  /** The source's state when the run took the lease. */
  state: SourceState;
  fingerprint: string;
  connection: EntityProviderConnection;
  signal: AbortSignal;
}
