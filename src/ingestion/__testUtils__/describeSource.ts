import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { mockLogger } from '../../__testUtils__/mockLogger';
import type { SourceSettings } from '../../config/source';
import { describeTables } from '../../database/__testUtils__/describeTables';
import type { SourceSync } from '../SourceSync';
import {
  decidePlan,
  readCurrentPlan,
  setSourcePaused,
} from '../database/planDecisions';
import type { RecordParts } from '../mapRecord';
import { connectSync } from './connectSync';
import { FakeCatalog, FakeClock, FakeSource } from './fakes';

const MINUTE = 60_000;
const BY = 'user:default/guest';
const signal = new AbortController().signal;

/** The source "registry", the catalog, and the tables between them. */
export class SourceWorld {
  knex!: Knex;
  source!: FakeSource;
  catalog!: FakeCatalog;
  clock!: FakeClock;
  logger!: ReturnType<typeof mockLogger>;

  /** Begins anew, with empty tables. */
  begin(knex: Knex): void {
    this.knex = knex;
    this.source = new FakeSource();
    this.catalog = new FakeCatalog(knex);
    this.clock = new FakeClock();
    this.logger = mockLogger();
  }

  /** A process that syncs the source, as after a restart or on another replica. */
  start = (
    settings: Partial<SourceSettings> = {},
    parts: Partial<RecordParts> = {},
  ): SourceSync => {
    const { knex, source, catalog, clock, logger } = this;
    const world = { knex, source, catalog, clock, logger };
    return connectSync({ ...world, settings, ...parts });
  };

  /** Polls a minute later. If a list is given, the source has that from now on. */
  poll = async (
    sync: SourceSync,
    list?: JsonValue[],
    kind: 'poll' | 'reconcile' = 'poll',
  ): Promise<void> => {
    this.clock.advance(MINUTE);
    this.source.answer = list ?? this.source.answer;
    await sync.poll({ kind, signal });
  };

  reconcile = (sync: SourceSync, list?: JsonValue[]): Promise<void> =>
    this.poll(sync, list, 'reconcile');

  /** Syncs one record a minute later. The source has it from now on. */
  syncRecord = async (sync: SourceSync, record: JsonObject) => {
    this.clock.advance(MINUTE);
    const recordId = record.id as string;
    this.source.records.set(recordId, record);
    return sync.syncRecord({ recordId, signal });
  };

  /** Decides on the plan with that hash, by default on the current one. False if that is not possible. */
  decide = async (
    decision: 'approved' | 'rejected',
    hash?: string,
  ): Promise<boolean> => {
    const of = { knex: this.knex, source: 'registry', now: this.clock.now() };
    const plan = hash ? { hash } : await readCurrentPlan(of);
    return !!plan && decidePlan({ ...of, hash: plan.hash, decision, by: BY });
  };

  pause = (): Promise<void> =>
    setSourcePaused({
      knex: this.knex,
      source: 'registry',
      paused: { by: BY, at: this.clock.now() },
    });

  resume = (): Promise<void> =>
    setSourcePaused({ knex: this.knex, source: 'registry', paused: undefined });

  /** The rows of all runs, oldest first. */
  runs = () => this.knex('custom_data_runs').orderBy('started_at').select('*');

  /** The row of the last run, with its counts as an object. */
  lastRun = async () => {
    const run = (await this.runs()).at(-1);
    return { ...run, counts: JSON.parse(run.counts) };
  };

  problems = () =>
    this.knex('custom_data_problems').orderBy('record_id').select('*');

  /** The state of each plan, oldest first. */
  planStates = () =>
    this.knex('custom_data_plans').orderBy('created_at').pluck('state');

  /** The owner of a component in the catalog. */
  ownerOf = (name: string) =>
    this.catalog.entities.get(`component:default/${name}`)?.spec?.owner;
}

/**
 * A suite about one source, on SQLite and on PostgreSQL. The parts of the world
 * are new in each test: outside of a test, take only functions out of it.
 */
export function describeSource(
  name: string,
  suite: (world: SourceWorld) => void,
): void {
  describeTables(`${name} on %s`, tables => {
    const world = new SourceWorld();

    beforeEach(() => {
      world.begin(tables.knex);
    });

    suite(world);
  });
}
