import type { Knex } from 'knex';
import { describeTables } from '../../database/__testUtils__/describeTables';
import { acceptDeliveries } from '../../deliveries/__testUtils__/acceptDeliveries';
import { SnapshotWriter } from '../../ingestion/snapshots/SnapshotWriter';
import { completeDue } from '../../deliveries/__testUtils__/completeDue';
import { newDelivery } from '../../deliveries/__testUtils__/newDelivery';
import { bindToken } from '../../deliveries/database/bindToken';
import type { NewDelivery, Outcome } from '../../deliveries/delivery';
import { aDeployment } from '../../deployments/__testUtils__/aDeployment';
import {
  listCurrentDeployments,
  listDeploymentHistory,
} from '../../deployments/database/readDeployments';
import { recordDeployments } from '../../deployments/database/recordDeployments';
import {
  deleteExpiredTokens,
  deleteOldDeliveries,
  deleteOldDeployments,
  deleteOldReads,
  deleteOldRuns,
  deleteOldSnapshots,
} from './retention';

const T0 = new Date('2026-11-22T12:00:00.000Z');
const later = (ms: number) => new Date(T0.getTime() + ms);
const NEVER = new AbortController().signal;

describeTables('retention %p', tables => {
  let knex: Knex;

  beforeEach(() => {
    knex = tables.knex;
  });

  async function accept(given: NewDelivery[], now: Date) {
    return acceptDeliveries(knex, given, now);
  }

  it('deletes old completed deliveries with their attempts, and no others', async () => {
    const [dead, unmatched, failed] = await accept(
      ['v1', 'v2', 'v3'].map(version => newDelivery({ version })),
      T0,
    );
    await accept([newDelivery({ ignored: 'ping' })], T0);
    const outcomes: Record<string, Outcome> = {
      [dead]: { state: 'dead' },
      [unmatched]: { state: 'unmatched' },
      [failed]: { state: 'failed', retryAt: later(1e9) },
    };
    await completeDue(knex, T0, ({ id }) => outcomes[id]);
    const [recent] = await accept(
      [newDelivery({ service: 'orders' })],
      later(5),
    );
    await completeDue(knex, later(5), () => ({ state: 'done' }));

    await expect(
      deleteOldDeliveries({ knex, before: later(5), signal: NEVER }),
    ).resolves.toBe(3);
    for (const table of ['deliveries', 'delivery_attempts']) {
      await expect(
        knex(`custom_data_${table}`).pluck('delivery_id'),
      ).resolves.toEqual(expect.arrayContaining([failed, recent]));
      await expect(knex(`custom_data_${table}`)).resolves.toHaveLength(2);
    }
  });

  it('deletes in batches and checks the signal after each', async () => {
    await accept(
      // With an id, it is stored without a look at earlier ones.
      Array.from({ length: 2001 }, (_, i) =>
        newDelivery({ ignored: `${i}`, externalId: `${i}` }),
      ),
      T0,
    );
    const stop = new AbortController();
    knex.on('query', ({ sql }) => {
      if (/^delete from .custom_data_deliveries/.test(sql)) {
        stop.abort();
      }
    });

    await expect(
      deleteOldDeliveries({ knex, before: later(1), signal: stop.signal }),
    ).resolves.toBe(1000);
    await expect(
      deleteOldDeliveries({ knex, before: later(1), signal: NEVER }),
    ).resolves.toBe(1001);
    await expect(
      deleteOldDeliveries({ knex, before: later(1), signal: stop.signal }),
    ).resolves.toBe(0);
  });

  it('deletes old events of the history and keeps current deployments', async () => {
    await recordDeployments({
      knex,
      deployments: Array.from({ length: 1100 }, (_, i) => ({
        ...aDeployment({ arrival: i }),
        eventAt: later(i).toISOString(),
      })),
    });
    const all = { knex, filter: {}, page: { limit: 9 } };

    await expect(
      deleteOldDeployments({ knex, before: later(1098), signal: NEVER }),
    ).resolves.toBe(1098);
    const { items } = await listDeploymentHistory(all);
    expect(items.map(each => each.version)).toEqual(['v1099', 'v1098']);
    await deleteOldDeployments({ knex, before: later(9999), signal: NEVER });
    await expect(listCurrentDeployments(all)).resolves.toMatchObject({
      items: [{ version: 'v1099' }],
    });
  });

  it('deletes the reads of a record, with their refs, when neither the last read nor the next retry is recent', async () => {
    const read = (record_id: string, fetched: number, retry?: number) => ({
      source: 'a',
      record_id,
      fingerprint: 'f',
      fetched_at: later(fetched).toISOString(),
      retry_at: retry === undefined ? null : later(retry).toISOString(),
    });
    await knex('custom_data_read_state').insert([
      read('old', 1, 2),
      read('failing', 1, 100),
      read('read', 100),
    ]);
    await knex('custom_data_read_refs').insert(
      ['old', 'failing', 'read'].map(id => ({
        source: 'a',
        record_id: id,
        entity_ref: `component:default/${id}`,
      })),
    );

    await expect(deleteOldReads({ knex, before: later(100) })).resolves.toBe(1);
    for (const table of ['read_state', 'read_refs']) {
      await expect(
        knex(`custom_data_${table}`).orderBy('record_id').pluck('record_id'),
      ).resolves.toEqual(['failing', 'read']);
    }
  });

  it('forgets tokens that have expired, and no others', async () => {
    const usedFor = 'f'.repeat(64);
    for (const [token, ms] of [
      ['old', -1],
      ['present', 0],
    ] as const) {
      await bindToken({ knex, token, usedFor, endsAt: later(ms) });
    }
    const expired = { knex, before: T0, signal: NEVER };
    await expect(deleteExpiredTokens(expired)).resolves.toBe(1);
    await expect(
      knex('custom_data_webhook_tokens').pluck('token'),
    ).resolves.toEqual(['present']);
  });

  it('keeps the last run of each source, its last success, and open runs', async () => {
    const run = (
      source: string,
      at: number,
      outcome: string,
      kind = 'poll',
    ) => ({
      run_id: `${source}${at}`,
      source,
      kind,
      outcome,
      started_at: later(at).toISOString(),
    });
    await knex('custom_data_runs').insert([
      run('a', 1, 'applied'),
      run('a', 2, 'unchanged'),
      run('a', 3, 'applied', 'record'),
      run('a', 4, 'failed'),
      run('a', 5, 'failed'),
      run('b', 1, 'failed'),
      run('b', 2, 'abandoned'),
      run('c', 1, 'applied'),
      run('c', 2, 'running'),
      run('c', 100, 'unchanged'),
      run('c', 101, 'unchanged'),
    ]);

    await expect(
      deleteOldRuns({ knex, before: later(100), signal: NEVER }),
    ).resolves.toBe(5);
    await expect(
      knex('custom_data_runs').orderBy('run_id').pluck('run_id'),
    ).resolves.toEqual(['a2', 'a5', 'b2', 'c100', 'c101', 'c2']);
  });

  it('deletes old snapshots, all but the newest of each source and namespace, and imports that did not end', async () => {
    const day = (days: number) => later(days * 24 * 3_600_000);
    async function write(
      reason: string,
      options: { source?: string; at: Date; ends?: boolean },
    ) {
      const { source, at: now, ends = true } = options;
      const snapshot = { source, origin: 'taken' as const, reason, by: 'jane' };
      const writer = await SnapshotWriter.begin({ knex, snapshot, now });
      await writer.add('{}'.repeat(300_000));
      await (ends && writer.end());
    }
    await write('too old', { at: day(0) });
    await write('third', { at: day(2) });
    await write('second', { at: day(3) });
    await write('newest', { at: day(4) });
    await write('of a source', { source: 'registry', at: day(1) });
    await write('died', { at: day(2), ends: false });
    await write('under way', { at: day(4), ends: false });

    await expect(
      deleteOldSnapshots({ knex, before: day(1), max: 2, now: day(4) }),
    ).resolves.toBe(3);

    const kept = await knex('custom_data_snapshots').select('id', 'reason');
    expect(kept.map(({ reason }) => reason).sort()).toEqual([
      'newest',
      'of a source',
      'second',
      'under way',
    ]);
    const parts = await knex('custom_data_snapshot_parts').pluck('id');
    expect(parts.sort()).toEqual(kept.map(({ id }) => id).sort());
  });
});
