import type { JsonObject } from '@backstage/types';
import { A, AFTER, changed, CHANGES } from '../__testUtils__/changes';
import { FAILURES } from '../__testUtils__/failures';
import {
  startFaultyApi,
  type FaultyApi,
  type Paging,
  type ServedList,
} from '../__testUtils__/startFaultyApi';
import { inNamespace, recordsOf, SECRET } from '../__testUtils__/teams';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { PolledSource } from './__testUtils__/PolledSource';

/** They take a real clock, or an API that is not there: module.faults.test.ts. */
const ELSEWHERE = ['limited-date', 'refused'];
const ROWS = FAILURES.filter(([name]) => !ELSEWHERE.includes(name)).map(
  ([name, answer, error, config = {}]) =>
    [name, answer, error, config] as const,
);

describeSqlite('what goes wrong with a metadata API', tables => {
  let api: FaultyApi;
  let list: ServedList;
  let source: PolledSource;

  beforeAll(async () => {
    api = await startFaultyApi();
  });

  afterAll(async () => {
    await api.stop();
  });

  /** A source that shows `A`. */
  async function start(name: string, config: JsonObject = {}): Promise<void> {
    const paging = (config.pagination as JsonObject)?.type ?? 'none';
    list = api.add(name, {
      records: recordsOf(A),
      paging: paging as Paging,
      etag: name === 'unasked-304' ? null : undefined,
    });
    source = await PolledSource.start({
      knex: await tables.empty(),
      name,
      config: { ...inNamespace(name), url: api.url(name), ...config },
    });
    await source.poll();
    expect(source.teams()).toEqual(A);
  }

  function mend(): void {
    list.records = recordsOf(AFTER);
    list.fault = undefined;
    list.etag = undefined;
  }

  async function expectRecovered(): Promise<void> {
    expect(source.teams()).toEqual(AFTER);
    const report = await source.report();
    expect(report).toMatchObject({
      entities: 4,
      failures: 0,
      problems: { errors: 0 },
    });
    expect(report.retryAt).toBeUndefined();
    expect(report.pendingPlan).toBeUndefined();
  }

  it.each(ROWS)(
    'keeps everything while it lasts, then takes the list: %s',
    async (name, answer, error, config) => {
      await start(name, config);
      list.records = changed;
      list.fault = answer;

      await expect(source.poll()).rejects.toThrow(error);

      const report = await source.report();
      expect(report).toMatchObject({
        entities: 4,
        failures: 1,
        problems: { errors: 0 },
        lastRun: { outcome: 'failed', error: expect.stringContaining(error) },
      });
      const now = source.clock.now();
      expect(report.retryAt!.getTime()).toBeGreaterThan(now.getTime());
      expect(report.pendingPlan).toBeUndefined();
      expect(JSON.stringify(report)).not.toContain(SECRET);
      expect(source.teams()).toEqual(A);
      expect(api.unknown).toEqual([]);

      mend();
      await source.pollTwice();
      await expectRecovered();
    },
  );

  it.each(Object.entries(CHANGES))(
    'takes what is certain: %s',
    async (name, { source: config, list: records, ...change }) => {
      await start(name, config);
      list.records = records as JsonObject[];
      list.fault = change.answer;

      await source.pollTwice();

      expect(source.teams()).toEqual(change.shows);
      const report = await source.report();
      expect(report).toMatchObject({ failures: 0, ...change.says });
      expect(report.retryAt).toBeUndefined();
      expect(await source.problems()).toEqual(change.problems ?? []);

      mend();
      await source.pollTwice();
      expect((await source.report()).pendingPlan?.count).toBe(change.approved);
      if (change.approved) {
        await source.approve();
        await source.poll();
      }
      await expectRecovered();
    },
  );
});
