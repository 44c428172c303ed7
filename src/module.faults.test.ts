import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { A, AFTER, B, changed, CHANGES } from './__testUtils__/changes';
import { FAILURES } from './__testUtils__/failures';
import {
  startFaultyApi,
  type FaultyApi,
  type Paging,
} from './__testUtils__/startFaultyApi';
import { startSources } from './__testUtils__/startSources';
import { recordsOf, SECRET, type Teams } from './__testUtils__/teams';
import { waitFor } from './__testUtils__/waitFor';

/** Of each kind one. wiring/faults.test.ts has all, without a catalog. */
const FAILING = FAILURES.filter(([name]) =>
  [
    'status-500',
    'limited-seconds',
    'limited-date',
    'refused',
    'reset-in-body',
    'login-page',
    'cursor-404',
  ].includes(name),
);
const CHANGING = Object.entries(CHANGES).filter(([name]) =>
  ['halved', 'one-invalid'].includes(name),
);
const SOURCES: Record<string, JsonObject | undefined> = {
  ...Object.fromEntries(FAILING.map(([name, , , source]) => [name, source])),
  ...Object.fromEntries(CHANGING.map(([name, { source }]) => [name, source])),
  'etag-lies': {},
  'etag-lies-reconciled': {
    reconcile: { frequency: { seconds: 2 }, initialDelay: { seconds: 0 } },
  },
};
const ETAGS: Record<string, string> = {
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
      waitFor(async () => expect(await catalog.entities()).toHaveLength(count));
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
      for (const [name, answer] of FAILING) {
        list(name).fault = answer;
      }
      for (const [name, change] of CHANGING) {
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
      it.each(FAILING)('keeps everything: %s', async (name, _, error) => {
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

      it.each(CHANGING)(
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

      it('wants an approval of a list that loses another record within a day', async () => {
        const { pendingPlan } = await says('one-invalid', {
          pendingPlan: { count: CHANGES['one-invalid'].approved },
        });
        await expect(
          catalog.api(
            `POST /sources/one-invalid/plan/${pendingPlan.hash}/approve`,
          ),
        ).resolves.toMatchObject({ status: 200 });
      });

      it.each(Object.keys(SOURCES))('shows the list: %s', async name => {
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
