import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { SOON, startCatalog } from '../src/__testUtils__/startCatalog';
import {
  startFaultyApi,
  type FaultyApi,
} from '../src/__testUtils__/startFaultyApi';
import { waitFor } from '../src/__testUtils__/waitFor';
import { govukSource, readGovuk, whereGovukIs } from './govukData';

/** More would show nothing more, and take the catalog longer. */
const RECORDS = 40;
const NAME = '$exists(app_name) ? app_name : repo_name';

whereGovukIs('a changed mapping of GOV.UK’s registry', () => {
  // govuk.test.ts has PostgreSQL.
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let api: FaultyApi;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  let template: any;
  let started: string;
  let restart: (entity: JsonObject) => Promise<void>;

  beforeEach(async () => {
    api = await startFaultyApi();
    api.add('repos', { records: (await readGovuk()).slice(0, RECORDS) });
  });

  afterEach(async () => {
    await catalog?.stop();
    await api.stop();
  });

  const source = async () => (await catalog.api('GET /sources/govuk')).body;
  /** All entities by ref, with the uid that the catalog gave them. */
  const entities = async () => {
    const response = await fetch(
      `${catalog.url}/entities?filter=kind=component&filter=kind=resource`,
    );
    const all = (await response.json()) as any[];
    return new Map(
      all.map(({ kind, metadata, spec }) => [
        `${kind}:${metadata.name}`,
        { uid: metadata.uid, lifecycle: spec.lifecycle },
      ]),
    );
  };
  /** The first run of this process, and what came of it. */
  async function firstRun() {
    return waitFor(async () => {
      const { items } = (await catalog.api('GET /sources/govuk/runs')).body;
      const run = items.findLast(({ startedAt }: any) => startedAt > started);
      expect(run?.endedAt).toBeDefined();
      return run;
    });
  }

  it.each(databases.eachSupportedId())(
    'changes, breaks and renames entities without losing one, on %s',
    async databaseId => {
      const knex = await databases.init(databaseId);
      const settings = await govukSource();
      template = settings.entity;
      restart = async entity => {
        await catalog?.stop();
        started = new Date().toISOString();
        catalog = await startCatalog({
          knex,
          customData: {
            sources: {
              govuk: { ...settings, ...SOON, url: api.url('repos'), entity },
            },
          },
          catalog: { processingInterval: { hours: 1 } },
        });
      };

      await restart(template);
      await waitFor(async () => expect((await entities()).size).toBe(RECORDS));
      const before = await entities();

      await restart({
        ...template,
        spec: { ...template.spec, lifecycle: 'retired' },
      });
      expect(await firstRun()).toMatchObject({
        outcome: 'applied',
        counts: {
          records: RECORDS,
          added: 0,
          changed: RECORDS,
          removed: 0,
          held: 0,
        },
      });
      const retired = new Map(
        [...before].map(([ref, { uid }]) => [
          ref,
          { uid, lifecycle: 'retired' },
        ]),
      );
      await waitFor(async () => expect(await entities()).toEqual(retired));

      await restart({
        ...template,
        spec: { ...template.spec, lifecycle: '${{ $number(repo_name) }}' },
      });
      expect(await firstRun()).toMatchObject({
        counts: { added: 0, changed: 0, removed: 0, held: 0, invalid: RECORDS },
      });
      expect(await source()).toMatchObject({
        entities: RECORDS,
        failures: 0,
        problems: { errors: RECORDS },
      });
      const { body: problems } = await catalog.api(
        'GET /sources/govuk/problems?limit=500',
      );
      const errors = problems.items.filter((p: any) => p.severity === 'error');
      expect(new Set(errors.map((p: any) => p.code))).toEqual(
        new Set(['expression-failed']),
      );
      expect(await entities()).toEqual(retired);

      const renamed = {
        ...template,
        metadata: {
          ...template.metadata,
          name: `\${{ "uk-" & (${NAME}) }}`,
        },
      };
      await restart(renamed);
      expect(await firstRun()).toMatchObject({
        counts: { added: 0, changed: 0, removed: 0, held: RECORDS },
      });
      expect(await entities()).toEqual(retired);
      const { body } = await catalog.api('GET /sources/govuk/plan?limit=500');
      expect(body.plan).toMatchObject({ state: 'pending', count: RECORDS });
      expect(body.items.map(({ entityRef }: any) => entityRef).sort()).toEqual(
        [...before.keys()]
          .map(ref => ref.toLocaleLowerCase('en').replace(':', ':default/'))
          .sort(),
      );
      await catalog.api(`POST /sources/govuk/plan/${body.plan.hash}/approve`);
      await waitFor(async () =>
        expect([...(await entities()).keys()].sort()).toEqual(
          [...before.keys()].map(ref => ref.replace(':', ':uk-')).sort(),
        ),
      );
      await waitFor(async () =>
        expect(await source()).toMatchObject({
          state: 'idle',
          entities: RECORDS,
          failures: 0,
          problems: { errors: 0 },
        }),
      );
      expect((await source()).pendingPlan).toBeUndefined();
    },
  );
});
