import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import type { SourceSettings } from '../config/settings';
import { createTables } from '../database/__testUtils__/createTables';
import { connectSync } from '../ingestion/__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  FakeSource,
  service,
} from '../ingestion/__testUtils__/fakes';
import type { SourceSync } from '../ingestion/SourceSync';
import { serveApi, type ServedApi } from './__testUtils__/serveApi';

const signal = new AbortController().signal;

describe('the routes of sources', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const tables = createTables(databases);
  let knex: Knex;
  let clock: FakeClock;
  let source: FakeSource;
  let sync: SourceSync;
  let api: ServedApi;

  beforeEach(async () => {
    knex = await tables.empty('SQLITE_3');
    clock = new FakeClock();
    source = new FakeSource();
  });

  afterEach(async () => {
    await api.stop();
  });

  async function serve(
    settings: Partial<SourceSettings> = {},
    more: Parameters<typeof serveApi>[0] = {},
  ) {
    const catalog = new FakeCatalog(knex);
    sync = connectSync({ knex, catalog, clock, source, settings });
    api = await serveApi({
      knex,
      syncs: new Map([['registry', sync]]),
      misconfigured: new Map(),
      connectionOf: () => catalog,
      logger: mockServices.logger.mock(),
      now: clock.now,
      shutdown: signal,
      ...more,
    });
  }
  async function poll(...records: JsonObject[]) {
    source.answer = records;
    await sync.poll({ kind: 'poll', signal });
  }
  const get = async (path: string) => (await api.call(`GET ${path}`)).body;

  it('shows the URL of a source without what may be secret', async () => {
    await serve({
      url: 'https://user:pass@registry.example.com/metadata?token=secret',
    });
    await expect(get('/sources/registry')).resolves.toMatchObject({
      type: 'http',
      url: 'https://registry.example.com/metadata',
    });
  });

  it('shows no URL of a source that is not read over HTTP', async () => {
    await serve({ type: 'custom' } as Partial<SourceSettings>);
    const shown = await get('/sources/registry');

    expect(shown.type).toBe('custom');
    expect(shown.url).toBeUndefined();
  });

  it('shows a source as running while the lease of an open run lasts', async () => {
    await serve();
    await knex('custom_data_sources').insert({
      source: 'registry',
      failures: 0,
    });
    await knex('custom_data_runs').insert({
      run_id: 'r',
      source: 'registry',
      kind: 'poll',
      outcome: 'running',
      started_at: clock.now().toISOString(),
      lease_expires_at: new Date(clock.now().getTime() + 1000).toISOString(),
    });
    expect((await get('/sources/registry')).state).toBe('running');

    clock.advance(1000);
    expect((await get('/sources/registry')).state).toBe('idle');
  });

  describe('GET /sources/:source/problems', () => {
    const ids = async () =>
      (await get('/sources/registry/problems')).items.map(
        (problem: any) => problem.recordId ?? problem.code,
      );

    beforeEach(async () => {
      await serve({}, { isVisible: ref => ref.includes('mine') });
      await poll(service('mine'), service('theirs'));
      await knex('custom_data_problems').delete();
    });

    const store = (
      ...problems: Array<{ recordId?: string; entity?: string }>
    ) =>
      knex('custom_data_problems').insert(
        problems.map(({ recordId, entity }, index) => ({
          source: 'registry',
          problem_key: `${index}`,
          code: 'expression-failed',
          severity: 'error',
          record_id: recordId ?? null,
          entity_ref: entity ? `component:default/${entity}` : null,
          message: '…',
          first_seen_at: clock.now().toISOString(),
          first_seen_run: 'r',
        })),
      );

    it('shows problems of entities that the caller may see', async () => {
      await store(
        { recordId: 'mine' },
        { recordId: 'mine', entity: 'mine' },
        { entity: 'mine' },
      );
      await expect(ids()).resolves.toHaveLength(3);
    });

    it('hides problems of other entities, and of records that give one', async () => {
      await store(
        { recordId: 'theirs' },
        { recordId: 'mine', entity: 'theirs' },
        { entity: 'theirs' },
      );
      await expect(ids()).resolves.toEqual([]);
    });

    it('shows problems that are not about an entity', async () => {
      await store({}, { recordId: 'never-mapped' });
      await expect(ids()).resolves.toEqual([
        'never-mapped',
        'expression-failed',
      ]);
    });
  });
});
