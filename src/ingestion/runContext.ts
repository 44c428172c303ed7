import type { LoggerService } from '@backstage/backend-plugin-api';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import type { Limit } from 'p-limit';
import type { SourceSettings } from '../config/source';
import type { RunTracker } from '../metrics/runs';
import type { RecordSource } from '../sources/RecordSource';
import type { Run, SourceState } from './database/runs';
import type { Shape } from './fingerprint';
import type { RecordParts } from './mapRecord';

/** What every run of a source works with. */
export interface SyncOptions extends RecordParts {
  knex: Knex;
  settings: SourceSettings;
  /** What shapes entities beyond the settings. */
  shape?: Shape;
  source: RecordSource;
  /** Limits the catalog mutations in flight, over all sources of the process. */
  mutations: Limit;
  tracker: Pick<RunTracker, 'ended'>;
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
  /** Whether what is stored was mapped as the run maps, so that what has not changed is not mapped again. */
  reusable: boolean;
  connection: EntityProviderConnection;
  signal: AbortSignal;
  /** What the run does now, for the message if it takes too long. */
  progress: { doing: string };
}
