import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { body, onSecondPage, status } from '../src/__testUtils__/faultyAnswers';
import { SOON, startCatalog } from '../src/__testUtils__/startCatalog';
import {
  startFaultyApi,
  type FaultyApi,
  type Paging,
  type ServedList,
} from '../src/__testUtils__/startFaultyApi';
import { waitFor } from '../src/__testUtils__/waitFor';
import { govukSource, readGovuk, whereGovukIs } from './govukData';

/** Three pages; more records would show nothing more, and take the catalog longer. */
const RECORDS = 15;
const PAGE_SIZE = 6;
const SOURCES: Record<Paging, JsonObject> = {
  none: {},
  link: { pagination: { type: 'link' } },
  cursor: { pagination: { type: 'cursor', next: 'next' }, records: 'items' },
  page: { pagination: { type: 'page' } },
  offset: { pagination: { type: 'offset', pageSize: PAGE_SIZE } },
};
const TYPES = Object.keys(SOURCES) as Paging[];
const LOST = {
  'is not found': status(404),
  'is empty': body('[]'),
};

whereGovukIs('GOV.UK’s registry in pages', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let api: FaultyApi;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  let lists: ServedList[];

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    beforeAll(async () => {
      const knex = await databases.init(databaseId);
      const records = (await readGovuk()).slice(0, RECORDS);
      const { entity, ...source } = (await govukSource()) as any;
      api = await startFaultyApi();
      lists = TYPES.map(paging =>
        api.add(paging, { records, paging, pageSize: PAGE_SIZE }),
      );
      const sources = Object.fromEntries(
        TYPES.map(type => [
          type,
          {
            ...source,
            ...SOON,
            schedule: { ...SOON.schedule, frequency: { seconds: 3 } },
            url: api.url(type),
            request: { retries: 0 },
            namespaces: [type],
            entity: {
              ...entity,
              metadata: { ...entity.metadata, namespace: type },
            },
            ...SOURCES[type],
          },
        ]),
      );
      catalog = await startCatalog({
        knex,
        customData: { sources },
        catalog: { processingInterval: { hours: 1 } },
      });
    });

    afterAll(async () => {
      await catalog?.stop();
      await api.stop();
    });

    const entities = async (type: Paging) => {
      const filter = ['component', 'resource'].map(
        kind => `filter=kind=${kind},metadata.namespace=${type}`,
      );
      const response = await fetch(
        `${catalog.url}/entities?${filter.join('&')}`,
      );
      const all = (await response.json()) as any[];
      return all
        .map(({ kind, metadata, spec }) => [kind, metadata.name, spec.owner])
        .sort();
    };
    const source = async (type: Paging) =>
      (await catalog.api(`GET /sources/${type}`)).body;

    it('gives the same entities through each pagination', async () => {
      await waitFor(async () =>
        expect(await entities('none')).toHaveLength(RECORDS),
      );
      const whole = await entities('none');
      for (const type of TYPES) {
        await waitFor(async () => expect(await entities(type)).toEqual(whole));
      }
    });

    it.each(Object.entries(LOST))(
      'changes nothing when a page %s',
      async (_, answer) => {
        const before = await entities('none');
        const since = new Date().toISOString();
        lists.forEach(list => {
          list.fault = list.paging === 'none' ? answer : onSecondPage(answer);
        });

        for (const type of TYPES) {
          await waitFor(async () => {
            const { lastRun, pendingPlan } = await source(type);
            expect(lastRun.startedAt > since).toBe(true);
            expect(lastRun.outcome === 'failed' || pendingPlan).toBeTruthy();
          });
          expect(await entities(type)).toEqual(before);
        }

        lists.forEach(list => {
          list.fault = undefined;
        });
        for (const type of TYPES) {
          await waitFor(async () => {
            const { failures, lastRun, pendingPlan } = await source(type);
            expect(failures).toBe(0);
            expect(lastRun.outcome).toBe('unchanged');
            expect(pendingPlan).toBeUndefined();
          });
          expect(await entities(type)).toEqual(before);
        }
      },
    );
  });
});
