import type { Knex } from 'knex';
import pLimit from 'p-limit';
import { mockLogger } from '../../__testUtils__/mockLogger';
import type { SourceSettings } from '../../config/source';
import { createRunTracker } from '../../metrics/runs';
import { SourceSync } from '../SourceSync';
import { MAX_MUTATIONS } from '../applyPlan';
import type { SyncOptions } from '../runContext';
import {
  type FakeCatalog,
  type FakeClock,
  mapper,
  settingsOf,
  validateEntity,
} from './fakes';

/** A process that keeps a source, connected to the catalog. */
export function connectSync(
  options: {
    knex: Knex;
    catalog: FakeCatalog;
    clock: FakeClock;
    settings?: Partial<SourceSettings>;
  } & Pick<SyncOptions, 'source'> &
    Partial<Omit<SyncOptions, 'settings' | 'source'>>,
): SourceSync {
  const { knex, catalog, clock, settings, ...others } = options;
  const sync = new SourceSync({
    mapper,
    validateEntity,
    knex,
    mutations: pLimit(MAX_MUTATIONS),
    tracker: createRunTracker([]),
    logger: mockLogger(),
    now: clock.now,
    random: () => 1,
    settings: settingsOf(settings),
    ...others,
  });
  sync.connect(catalog);
  return sync;
}
