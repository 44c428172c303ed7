import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import { mockLogger } from '../../__testUtils__/mockLogger';
import { describeSqlite } from '../../database/__testUtils__/describeTables';
import { FakeCatalog, FakeClock, settingsOf } from '../__testUtils__/fakes';
import { beginRun } from '../database/runs';
import { attentionOf, reportSource } from './attention';
import { decideOnPlan, showPlan } from './plans';
import {
  type KnownSource,
  listKnownSources,
  type SourcesContext,
} from './sources';

const COUNT = 2500;
const OLD: KnownSource = { type: 'unconfigured', name: 'old' };

describeSqlite('the plan of a source whose list is no longer polled', db => {
  let knex: Knex;
  let catalog: FakeCatalog;
  let clock: FakeClock;
  let context: SourcesContext;

  const inCatalog = (ref: string) =>
    knex('refresh_state_references').insert({
      source_key: 'custom-data-old',
      target_entity_ref: ref,
    });

  beforeEach(async () => {
    knex = db.knex;
    catalog = new FakeCatalog(knex, 'custom-data-old');
    clock = new FakeClock();
    context = {
      knex,
      syncs: new Map(),
      misconfigured: new Map(),
      connectionOf: () => catalog,
      logger: mockLogger(),
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
    await inCatalog('component:default/1');
  });

  const plan = async (limit = 10, after?: string[]) => {
    const shown = await showPlan(context, OLD, { limit, after });
    return { plan: shown.plan!, refs: shown.refs };
  };
  const decide = async (decision: 'approved' | 'rejected', hash?: string) =>
    decideOnPlan(context, OLD, {
      hash: hash ?? (await plan()).plan.hash,
      decision,
      by: 'user:default/guest',
    });

  it('shows all that the source has, in pages', async () => {
    const first = await plan(2000);
    const second = await plan(2000, first.refs.next);

    expect(first.plan).toMatchObject({
      state: 'pending',
      count: COUNT,
      reason: 'the source is no longer configured',
    });
    expect(second.refs.items).toHaveLength(500);
    expect(second.refs.next).toBeUndefined();
    expect(
      new Set([...first.refs.items, ...second.refs.items].map(r => r.recordId))
        .size,
    ).toBe(COUNT);
  });

  it('removes the entities in batches and then forgets the source', async () => {
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
    await expect(listKnownSources(context)).resolves.toEqual([]);
    await expect(knex('custom_data_contributions')).resolves.toEqual([]);
    await expect(knex('custom_data_runs')).resolves.toMatchObject([
      { kind: 'approved', outcome: 'applied' },
    ]);
  });

  it('keeps the pause of a source that locations may still read', async () => {
    await knex('custom_data_sources').update({
      paused_by: 'user:default/guest',
      fingerprint: 'f',
      etag: '"1"',
    });
    await knex('custom_data_entities').insert({
      entity_ref: 'component:default/1',
      source: 'old',
      hash: 'h',
      applied_at: '',
    });
    const known: KnownSource = {
      type: 'configured',
      name: 'old',
      settings: settingsOf({ name: 'old', poll: false }),
    };
    const { plan: shown } = await showPlan(context, known, { limit: 1 });
    expect(shown!.reason).toBe('the list of the source is no longer polled');

    await decideOnPlan(context, known, {
      hash: shown!.hash,
      decision: 'approved',
      by: 'user:default/guest',
    });

    await expect(knex('custom_data_contributions')).resolves.toEqual([]);
    await expect(knex('custom_data_sources')).resolves.toMatchObject([
      { paused_by: 'user:default/guest', fingerprint: null, etag: null },
    ]);
  });

  it('also removes what only the catalog knows of the source', async () => {
    await inCatalog('component:default/orphan');
    expect((await plan()).plan.count).toBe(COUNT + 1);

    await decide('approved');

    const removed = catalog.mutations.flatMap(m =>
      m.type === 'delta' ? m.removed : [],
    );
    expect(removed).toContainEqual({
      entityRef: 'component:default/orphan',
      locationKey: 'custom-data-old',
    });
  });

  it('is summed up for all who watch without reading a single ref', async () => {
    await knex.raw(
      `insert into custom_data_entities (entity_ref, source, hash, applied_at)
       select entity_ref, source, hash, '' from custom_data_contributions`,
    );
    const statements: string[] = [];
    knex.on('query', ({ sql }) => statements.push(sql));
    const report = await reportSource(context, OLD);
    expect(report.plan).toEqual({
      state: 'pending',
      reason: 'the source is no longer configured',
      count: COUNT,
    });
    expect(attentionOf(report)).toEqual([
      {
        code: 'plan-held',
        message: expect.stringContaining(
          'POST /api/catalog/custom-data/sources/old/plan/<hash>/approve',
        ),
      },
    ]);
    expect(statements.join()).not.toMatch(
      /refresh_state_references|custom_data_contributions/,
    );

    await inCatalog('component:default/orphan');
    await decide('rejected');

    expect(attentionOf(await reportSource(context, OLD))).toEqual([]);
  });

  it('can be approved again after the catalog or the process failed', async () => {
    catalog.failure = new Error('down');
    await expect(decide('approved')).rejects.toThrow('down');
    expect((await plan()).plan).toMatchObject({
      state: 'pending',
      count: COUNT,
    });

    catalog.failure = undefined;
    await decide('approved');
    await expect(listKnownSources(context)).resolves.toEqual([]);
  });

  it('removes nothing if the entities are no longer those of the hash', async () => {
    const { hash } = (await plan()).plan;
    await knex('custom_data_contributions').where({ record_id: '2' }).delete();

    const { hash: present } = (await plan()).plan;
    await expect(decide('approved', hash)).rejects.toThrow(
      `Source "old" has no plan "${hash}"; its present plan is "${present}" (pending)`,
    );
    expect(catalog.mutations).toEqual([]);
    await expect(knex('custom_data_runs')).resolves.toEqual([]);
  });

  it('removes nothing while another replica runs the source', async () => {
    const now = clock.now();
    await beginRun({
      knex,
      run: { id: 'other', source: 'old', kind: 'poll', startedAt: now },
      now,
    });

    await expect(decide('approved')).rejects.toThrow(/busy/);
    expect(catalog.mutations).toEqual([]);
  });

  it('fails if its provider is not connected', async () => {
    context = { ...context, connectionOf: () => undefined };

    await expect(decide('approved')).rejects.toThrow(/not connected/);
  });

  it('keeps a rejection, which is no run, while the entities are the same', async () => {
    await decide('rejected');
    await expect(knex('custom_data_runs')).resolves.toEqual([]);
    expect((await plan()).plan).toMatchObject({
      state: 'rejected',
      decidedBy: 'user:default/guest',
    });
    await expect(decide('rejected')).rejects.toThrow(ConflictError);

    await knex('custom_data_contributions').where({ record_id: '2' }).delete();
    expect((await plan()).plan.state).toBe('pending');
  });
});
