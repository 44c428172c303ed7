import { mockLogger } from '../__testUtils__/mockLogger';
import { waitFor } from '../__testUtils__/waitFor';
import { describeTables } from '../database/__testUtils__/describeTables';
import { readRefresh } from './database/refreshes';
import { refreshAll } from './refreshAll';

const start = new Date('2026-11-30T12:00:00.000Z');
const asked = { credentials: {} as any, by: 'user:default/jane' };

describeTables('refreshAll', tables => {
  let now: Date;

  beforeEach(async () => {
    now = start;
    await tables.knex('custom_data_entities').insert(
      Array.from({ length: 45 }, (_, i) => ({
        entity_ref: `component:default/s${i}`,
        source: 'registry',
        hash: 'h',
        applied_at: start.toISOString(),
      })),
    );
  });

  const contextOf = (refreshEntity: (ref: string) => Promise<void>) => ({
    knex: tables.knex,
    catalog: { refreshEntity },
    logger: mockLogger(),
    now: () => now,
    shutdown: new AbortController().signal,
  });
  const read = (id: string) => readRefresh({ knex: tables.knex, id, now });

  it('refreshes every entity once, twenty at a time, and tells how far it came', async () => {
    const refs: string[] = [];
    let inFlight = 0;
    let most = 0;
    const context = contextOf(async ref => {
      refs.push(ref);
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      inFlight--;
    });
    const { id, ...begun } = await refreshAll(context, asked);
    expect(begun).toMatchObject({ state: 'running', total: 45, done: 0 });
    await waitFor(async () =>
      expect(await read(id)).toMatchObject({ state: 'done', done: 45 }),
    );
    expect(new Set(refs).size).toBe(45);
    expect(refs).toHaveLength(45);
    expect(most).toBe(20);
  });

  it('goes on after an entity that the catalog refuses, and says why', async () => {
    const context = contextOf(async ref => {
      if (ref.endsWith('s7')) {
        throw new Error('not yours');
      }
    });
    const { id } = await refreshAll(context, asked);
    await waitFor(async () =>
      expect(await read(id)).toMatchObject({
        state: 'done',
        done: 45,
        failed: 1,
        error: 'Error: not yours',
      }),
    );
  });

  it('does not begin twice, and takes one that is silent for dead', async () => {
    const context = contextOf(() => new Promise(() => {}));
    const { id } = await refreshAll(context, asked);
    expect((await refreshAll(context, asked)).id).toBe(id);
    now = new Date(start.getTime() + 5 * 60_000);
    expect(await read(id)).toMatchObject({ state: 'interrupted' });
    expect((await refreshAll(context, asked)).id).not.toBe(id);
  });
});
