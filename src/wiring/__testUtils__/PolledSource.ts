import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { mockLogger } from '../../__testUtils__/mockLogger';
import type { Teams } from '../../__testUtils__/teams';
import { readCustomDataSettings } from '../../config/settings';
import { createExtensions } from '../../extension';
import { FakeCatalog, FakeClock } from '../../ingestion/__testUtils__/fakes';
import type { SourceSync } from '../../ingestion/SourceSync';
import { reportSource } from '../../ingestion/control/attention';
import { decideOnPlan } from '../../ingestion/control/plans';
import type { KnownSource } from '../../ingestion/control/sources';
import { listProblems } from '../../ingestion/database/problems';
import { countEntities } from '../../ingestion/database/records';
import { providerName } from '../../lib/keys';
import { createRunTracker } from '../../metrics/runs';
import { startSources } from '../createSources';
import { prepareSources } from '../prepareSources';

const HOUR = 3_600_000;

/** A source as it is configured, with HTTP and tables, beside a catalog that notes what it is given. */
export class PolledSource {
  private readonly catalog: FakeCatalog;
  private readonly known: KnownSource;

  private constructor(
    private readonly knex: Knex,
    private readonly sync: SourceSync,
    readonly clock: FakeClock,
  ) {
    const { settings } = sync;
    const { name } = settings;
    this.catalog = new FakeCatalog(knex, providerName(name));
    this.known = { type: 'configured', name, settings };
    sync.connect(this.catalog);
  }

  static async start(options: {
    knex: Knex;
    name: string;
    config: JsonObject;
  }): Promise<PolledSource> {
    const { knex, name, config } = options;
    const clock = new FakeClock();
    const { now } = clock;
    const customData = { sources: { [name]: config } };
    const settings = readCustomDataSettings(
      new ConfigReader({ catalog: { customData } }),
    );
    const { extensions } = createExtensions();
    const prepared = await prepareSources({ settings, extensions, now });
    const logger = mockLogger();
    const { syncs } = startSources({
      prepared,
      knex,
      tracker: createRunTracker([]),
      logger,
      now,
    });
    return new PolledSource(knex, syncs.get(name)!, clock);
  }

  /** An hour later. */
  async poll(): Promise<void> {
    this.clock.advance(HOUR);
    const signal = AbortSignal.timeout(60_000);
    await this.sync.poll({ kind: 'poll', signal });
  }

  /** Of pages that may shift, only what two lists lack is removed. */
  async pollTwice(): Promise<void> {
    await this.poll();
    await this.poll();
  }

  async report() {
    const { state, plan, lastRun, lastError, problems } = await reportSource(
      this.context,
      this.known,
    );
    const { failures, retryAt } = state;
    return {
      entities: await countEntities({ knex: this.knex, source: this.name }),
      failures,
      retryAt,
      lastRun,
      lastError,
      pendingPlan: plan?.state === 'pending' ? plan : undefined,
      problems,
    };
  }

  async approve(): Promise<void> {
    const { pendingPlan } = await this.report();
    await decideOnPlan(this.context, this.known, {
      hash: pendingPlan!.hash!,
      decision: 'approved',
      by: 'user:default/jane',
    });
  }

  /** Codes of its problems, but that the catalog has no groups. */
  async problems(): Promise<string[]> {
    const { items } = await listProblems({
      knex: this.knex,
      source: this.name,
      page: { limit: 500 },
    });
    return items
      .map(({ code }) => code)
      .filter(code => code !== 'owner-unknown');
  }

  /** What the catalog holds. */
  teams(): Teams {
    return Object.fromEntries(
      [...this.catalog.entities.values()].map(({ metadata }) => [
        metadata.name,
        metadata.annotations!['custom/owner'],
      ]),
    );
  }

  private get name(): string {
    return this.known.name;
  }

  private get context() {
    return {
      knex: this.knex,
      syncs: new Map([[this.name, this.sync]]),
      misconfigured: new Map(),
      connectionOf: () => this.catalog,
      logger: mockLogger(),
      now: this.clock.now,
      shutdown: new AbortController().signal,
    };
  }
}
