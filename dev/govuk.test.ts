import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOON, startCatalog } from '../src/__testUtils__/startCatalog';
import { waitFor } from '../src/__testUtils__/waitFor';
import { govukSource, readGovuk, whereGovukIs } from './govukData';
import { createMetadataApi } from './metadataApi/createMetadataApi';

whereGovukIs('GOV.UK’s registry in a real catalog', () => {
  // module.test.ts has both databases.
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

  it.each(databases.eachSupportedId())(
    'stays what it should be, whatever becomes of the list, on %s',
    async databaseId => {
      const knex = await databases.init(databaseId);
      const folder = await mkdtemp(join(tmpdir(), 'custom-data-govuk-'));
      const path = join(folder, 'repos.json');
      const all = await readGovuk();
      const serve = (records: JsonObject[]) =>
        writeFile(path, JSON.stringify(records));
      await serve(all);
      const api = await createMetadataApi({
        records: [],
        token: 'metadata-token',
        file: { path, idOf: record => record.app_name ?? record.repo_name },
      }).listen(0);

      const source: any = {
        ...(await govukSource()),
        ...SOON,
        url: `${api.url}/file`,
      };
      const start = (sources: any) =>
        startCatalog({
          knex,
          customData: sources ? { sources } : { strict: true },
          catalog: { processingInterval: { hours: 1 } },
        });
      const count = async (catalog: Awaited<ReturnType<typeof start>>) =>
        (await catalog.entities('component')).length +
        (await catalog.entities('resource')).length;
      const lastRun = () =>
        knex('custom_data_runs')
          .whereNotNull('ended_at')
          .orderBy('started_at', 'desc')
          .first();
      const afterNextRuns = async () => {
        const time = new Date().toISOString();
        await waitFor(async () => {
          const runs = await knex('custom_data_runs')
            .where('started_at', '>', time)
            .whereNotNull('ended_at');
          expect(runs.length).toBeGreaterThan(1);
        });
        return lastRun();
      };
      const content = async () =>
        JSON.stringify([
          await knex('custom_data_records').orderBy('record_id'),
          await knex('custom_data_contributions').orderBy('entity_ref'),
          await knex('custom_data_entities').orderBy('entity_ref'),
        ]);

      let catalog = await start({ govuk: source });
      try {
        await waitFor(async () => expect(await count(catalog)).toBe(136));
        expect(await catalog.entities('component')).toEqual(
          expect.arrayContaining([
            'licensify-backend',
            'licensify-feed',
            'licensify-frontend',
          ]),
        );

        const before = await content();
        expect(await afterNextRuns()).toMatchObject({ outcome: 'unchanged' });
        expect(await content()).toBe(before);

        await serve(all.slice(10));
        await waitFor(async () => expect(await count(catalog)).toBe(126));

        await serve(all.slice(110));
        const held = await afterNextRuns();
        expect(held.held).toContain('100 of 126 entities would be removed');
        expect(await count(catalog)).toBe(126);

        const [broken, ...others] = all.slice(10);
        await serve([{ ...broken, type: null, team: null }, ...others]);
        await afterNextRuns();
        const judged = await knex('custom_data_runs')
          .where('counts', 'like', '%"invalid":1%')
          .pluck('kind');
        expect(judged.length).toBeGreaterThan(0);
        // From then on a poll is answered with 304; a reconcile never is.
        expect(judged.filter(kind => kind === 'poll').length).toBeLessThan(2);
        expect(await count(catalog)).toBe(126);

        // The list is as it was and answered with 304; only the mapping differs.
        await serve(all.slice(10));
        await afterNextRuns();
        await catalog.stop();
        const { spec, ...entity } = source.entity;
        catalog = await start({
          govuk: {
            ...source,
            entity: { ...entity, spec: { ...spec, lifecycle: 'retired' } },
          },
        });
        await waitFor(async () =>
          expect(
            (
              await catalog.entity('licensify-feed')
            )?.spec?.lifecycle,
          ).toBe('retired'),
        );

        await catalog.stop();
        catalog = await start(undefined);
        expect(await count(catalog)).toBe(126);
      } finally {
        await catalog.stop();
        await api.close();
        await rm(folder, { recursive: true });
      }
    },
  );
});
