import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { A, AFTER, B, changed, CHANGES } from './__testUtils__/changes';
import { FAILURES } from './__testUtils__/failures';
import {
  startFaultyApi,
  type FaultyApi,
  type Paging,
} from './__testUtils__/startFaultyApi';
import {
  recordsOf,
  SECRET,
  startSources,
  type Teams,
} from './__testUtils__/startSources';
import { waitFor } from './__testUtils__/waitFor';

const SOURCES: Record<string, JsonObject | undefined> = {
  ...Object.fromEntries(FAILURES.map(([name, , , source]) => [name, source])),
  ...Object.fromEntries(
    Object.entries(CHANGES).map(([name, { source }]) => [name, source]),
  ),
  'etag-lies': {},
  'etag-lies-reconciled': {
    reconcile: { frequency: { seconds: 2 }, initialDelay: { seconds: 0 } },
  },
};
const ETAGS: Record<string, string | null> = {
  'unasked-304': null,
  'etag-lies': '"always"',
  'etag-lies-reconciled': '"always"',
};

describe('what goes wrong with a metadata API, in a real catalog', () => {
  // On one database, since none of it is about databases.
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let api: FaultyApi;
    /** The one that refuses connections. */
    let other: FaultyApi;
    let catalog: Awaited<ReturnType<typeof startSources>>;
    const lists = new Map<string, ReturnType<FaultyApi['add']>>();
    let since: number;

    const list = (name: string) => lists.get(name)!;
    const shows = (name: string, teams: Teams) =>
      waitFor(async () => expect(await catalog.teams(name)).toEqual(teams));
    const showsAll = (count: number) =>
      waitFor(
        async () => expect(await catalog.entities()).toHaveLength(count),
        // All of them at once keep the catalog busy.
        110_000,
      );
    /** Once its last run is one that began after the API changed. */
    const says = (name: string, expected: object) =>
      waitFor(async () => {
        const source = await catalog.source(name);
        expect(source).toMatchObject(expected);
        expect(source.lastRun.endedAt).toBeDefined();
        expect(Date.parse(source.lastRun.startedAt)).toBeGreaterThan(since);
        return source;
      });

    /** What is busy or backs off has its poll later. */
    const poll = async () => {
      for (const name of lists.keys()) {
        await catalog.api(`POST /sources/${name}/sync`);
      }
    };

    beforeAll(async () => {
      api = await startFaultyApi();
      other = await startFaultyApi();
      const sources: Parameters<typeof startSources>[0]['sources'] = {};
      for (const [name, source] of Object.entries(SOURCES)) {
        const served = name === 'refused' ? other : api;
        const paging = (source?.pagination as JsonObject)?.type ?? 'none';
        lists.set(
          name,
          served.add(name, {
            records: recordsOf(A),
            paging: paging as Paging,
            etag: ETAGS[name],
          }),
        );
        sources[name] = { url: served.url(name), ...source };
      }
      const knex = await databases.init(databaseId);
      catalog = await startSources({ knex, sources });
      await showsAll(4 * lists.size);

      since = Date.now();
      lists.forEach(served => {
        served.records = changed;
      });
      for (const [name, answer] of FAILURES) {
        list(name).fault = answer;
      }
      for (const [name, change] of Object.entries(CHANGES)) {
        list(name).fault = change.answer;
        list(name).records = change.list as JsonObject[];
      }
      await other.stop();
      await poll();
    });

    afterAll(async () => {
      await catalog?.stop();
      await api.stop();
      await other.stop();
    });

    describe('while it lasts', () => {
      it.each(FAILURES)('keeps everything: %s', async (name, _, error) => {
        const source = await says(name, {
          state: 'backing-off',
          entities: 4,
          problems: { errors: 0 },
          lastRun: {
            outcome: 'failed',
            error: expect.stringContaining(error),
          },
        });
        expect(source.failures).toBeGreaterThan(0);
        expect(source.retryAt > source.lastRun.endedAt).toBe(true);
        expect(source.pendingPlan).toBeUndefined();
        expect(JSON.stringify(source)).not.toContain(SECRET);
        expect(await catalog.teams(name)).toEqual(A);
      });

      it.each(Object.entries(CHANGES))(
        'takes what is certain: %s',
        async (name, { shows: teams, says: expected, problems = [] }) => {
          await shows(name, teams);
          const source = await says(name, { failures: 0, ...expected });
          expect(source.retryAt).toBeUndefined();
          expect(await catalog.problems(name)).toEqual(problems);
          expect(await catalog.teams(name)).toEqual(teams);
        },
      );

      it('believes an ETag that lies, up to the next reconcile', async () => {
        await shows('etag-lies-reconciled', B);
        await says('etag-lies', { lastRun: { outcome: 'unchanged' } });
        expect(await catalog.teams('etag-lies')).toEqual(A);
      });

      it('sends nothing to another origin', () => {
        expect(api.unknown).toEqual([]);
      });
    });

    describe('once it is over', () => {
      beforeAll(async () => {
        await other.listen();
        since = Date.now();
        lists.forEach(served => {
          served.fault = undefined;
          served.records = recordsOf(AFTER);
          served.etag = undefined;
        });
        await poll();
      });

      it.each([
        ['halves again', 'doubled', 4],
        ['loses another record within a day', 'one-twice', 1],
        ['loses another record within a day', 'one-invalid', 1],
      ])('wants an approval of a list that %s: %s', async (_, name, count) => {
        const { pendingPlan } = await says(name, { pendingPlan: { count } });
        await expect(
          catalog.api(`POST /sources/${name}/plan/${pendingPlan.hash}/approve`),
        ).resolves.toMatchObject({ status: 200 });
      });

      it.each([...Object.keys(SOURCES)])('shows the list: %s', async name => {
        await shows(name, AFTER);
        const source = await says(name, {
          state: 'idle',
          entities: 4,
          failures: 0,
          problems: { errors: 0 },
        });
        expect(source.retryAt).toBeUndefined();
        expect(source.pendingPlan).toBeUndefined();
      });

      it.each(['limited-seconds', 'limited-date'])(
        'was left alone for as long as it asked: %s',
        name => {
          const { askedAt, quiet } = list(name);
          const { from, until } = quiet!;
          expect(askedAt.filter(at => at > from && at < until)).toEqual([]);
        },
      );
    });
  });
});
