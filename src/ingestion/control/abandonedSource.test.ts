import { TestDatabases } from '@backstage/backend-test-utils';
import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import { createTables } from '../../database/__testUtils__/createTables';
import { FakeCatalog, FakeClock } from '../__testUtils__/fakes';
import { createSyncStore } from '../database/createSyncStore';
import { createManageStore } from '../database/reports';
import {
  type AbandonedOptions,
  decideAbandoned,
  reportAbandoned,
} from './abandonedSource';

const COUNT = 2500;

const OLD = {
  source: 'old',
  reason: 'the source is no longer configured',
  isConfigured: false,
};

describe('a source whose list is no longer polled', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const tables = createTables(databases);
  let knex: Knex;
  let catalog: FakeCatalog;
  let clock: FakeClock;
  let options: AbandonedOptions;
  let strays: string[];

  beforeEach(async () => {
    knex = await tables.empty('SQLITE_3');
    catalog = new FakeCatalog();
    clock = new FakeClock();
    strays = [];
    options = {
      store: createSyncStore({ knex }),
      manage: createManageStore({ knex }),
      registry: {
        locationKeys: async () => new Map(),
        countOf: async () => 1 + strays.length,
        refsOf: async () => ['component:default/1', ...strays],
      },
      connectionOf: () => catalog,
      now: clock.now,
      shutdown: new AbortController().signal,
    };
    await knex('custom_data_sources').insert({ source: 'old', failures: 0 });
    const rows = Array.from({ length: COUNT }, (_, i) => ({
      source: 'old',
      record_id: `${i}`,
      entity_ref: `component:default/${i}`,
      role: 'base',
      entity: '{}',
      hash: 'h',
      run_id: 'r',
    }));
    await knex.batchInsert('custom_data_contributions', rows, 100);
  });

  const plan = async (limit = 10, after?: string[]) =>
    reportAbandoned(options, OLD, { limit, after });
  const decide = async (decision: 'approved' | 'rejected', hash?: string) =>
    decideAbandoned(options, {
      ...OLD,
      hash: hash ?? (await plan()).plan.hash,
      decision,
      by: 'user:default/guest',
    });

  it('offers all that it has, in pages', async () => {
    const first = await plan(2000);
    const second = await plan(2000, first.refs.next);

    expect(first.plan).toMatchObject({ state: 'pending', count: COUNT });
    expect(second.refs.items).toHaveLength(500);
    expect(second.refs.next).toBeUndefined();
    expect(
      new Set([...first.refs.items, ...second.refs.items].map(r => r.recordId))
        .size,
    ).toBe(COUNT);
  });

  it('gives the catalog its removals in parts, then forgets it', async () => {
    await decide('approved');

    expect(catalog.mutations).toHaveLength(3);
    expect(catalog.mutations[0]).toMatchObject({
      type: 'delta',
      added: [],
      removed: expect.arrayContaining([
        {
          entityRef: 'component:default/1',
          locationKey: 'custom-data-old',
        },
      ]),
    });
    await expect(options.store.listSources()).resolves.toEqual([]);
    await expect(knex('custom_data_contributions')).resolves.toEqual([]);
  });

  it('keeps that a source is paused which locations may still read', async () => {
    await knex('custom_data_sources').update({
      paused_by: 'user:default/guest',
      fingerprint: 'f',
      etag: '"1"',
    });
    await decideAbandoned(options, {
      ...OLD,
      isConfigured: true,
      hash: (await plan()).plan.hash,
      decision: 'approved',
      by: 'user:default/guest',
    });

    await expect(knex('custom_data_contributions')).resolves.toEqual([]);
    await expect(knex('custom_data_sources')).resolves.toMatchObject([
      { paused_by: 'user:default/guest', fingerprint: null, etag: null },
    ]);
  });

  it('removes what only the catalog knows of it as well', async () => {
    strays = ['component:default/stray'];
    expect((await plan()).plan.count).toBe(COUNT + 1);

    await decide('approved');

    const removed = catalog.mutations.flatMap(m =>
      m.type === 'delta' ? m.removed : [],
    );
    expect(removed).toContainEqual({
      entityRef: 'component:default/stray',
      locationKey: 'custom-data-old',
    });
  });

  it('can be approved again where the catalog or the process failed', async () => {
    catalog.failure = new Error('down');
    await expect(decide('approved')).rejects.toThrow('down');
    expect((await plan()).plan).toMatchObject({
      state: 'pending',
      count: COUNT,
    });

    catalog.failure = undefined;
    await decide('approved');
    await expect(options.store.listSources()).resolves.toEqual([]);
  });

  it('does not remove what was not asked about', async () => {
    const { hash } = (await plan()).plan;
    await knex('custom_data_contributions').where({ record_id: '2' }).delete();

    await expect(decide('approved', hash)).rejects.toThrow(ConflictError);
    expect(catalog.mutations).toEqual([]);
  });

  it('stays out of the way of a replica where it is still configured', async () => {
    await options.store.beginRun(
      { id: 'other', source: 'old', kind: 'poll', startedAt: clock.now() },
      { ttlMs: 30_000, now: clock.now() },
    );

    await expect(decide('approved')).rejects.toThrow(/busy/);
    expect(catalog.mutations).toEqual([]);
  });

  it('says so where its provider is not connected', async () => {
    options = { ...options, connectionOf: () => undefined };

    await expect(decide('approved')).rejects.toThrow(/not connected/);
  });

  it('keeps a rejection while it has the same entities', async () => {
    await decide('rejected');
    expect((await plan()).plan).toMatchObject({
      state: 'rejected',
      decidedBy: 'user:default/guest',
    });
    await expect(decide('rejected')).rejects.toThrow(ConflictError);

    await knex('custom_data_contributions').where({ record_id: '2' }).delete();
    expect((await plan()).plan.state).toBe('pending');
  });
});
