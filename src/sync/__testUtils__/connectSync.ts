import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createSlots } from '../../model/createSlots';
import type { SourceSettings } from '../../model/settings';
import { createSyncStore } from '../../store/sync/createSyncStore';
import { MUTATIONS_AT_ONCE } from '../applyBatches';
import { SourceSync } from '../SourceSync';
import type { SyncOptions } from '../syncContext';
import {
  mapper,
  settingsOf,
  validator,
  type FakeCatalog,
  type FakeClock,
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
    validator,
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
