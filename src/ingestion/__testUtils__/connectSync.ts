import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import type { SourceSettings } from '../../config/settings';
import { createSlots } from '../../lib/limits';
import { SourceSync } from '../SourceSync';
import { MUTATIONS_AT_ONCE } from '../applyBatches';
import { createSyncStore } from '../database/createSyncStore';
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
  const sync = SourceSync.create({
    mapper,
    validateEntity,
    store: createSyncStore({ knex }),
    registry: catalog.registry,
    relations: catalog.relations,
    mutations: createSlots(MUTATIONS_AT_ONCE),
    timeoutMs: 300_000,
    logger: mockServices.logger.mock(),
    now: clock.now,
    random: () => 1,
    settings: settingsOf(settings),
    ...others,
  });
  sync.connect(catalog);
  return sync;
}
