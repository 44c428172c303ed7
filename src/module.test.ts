import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deployment,
  SENDER,
  SOON,
  startCatalog,
} from './__testUtils__/startCatalog';
import { startRegistry, type Registry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';
import { createDeliveryStore } from './store/deliveries/createDeliveryStore';
import { migrate } from './store/migrate';

jest.setTimeout(120_000);

const VERSION = 'custom/deployed-version.production';

describe('the module in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>> | undefined;

  beforeEach(async () => {
    registry = await startRegistry();
  });

  afterEach(async () => {
    await catalog?.stop();
    catalog = undefined;
    await registry.stop();
  });

  const source = () => ({ registry: { url: registry.url, ...SOON } });

  async function start(
    knex: Knex,
    options: { sources?: any; extra?: any; catalog?: any } = {},
  ) {
    catalog = await startCatalog({
      knex,
      customData: {
        sources: options.sources ?? source(),
        webhooks: { ci: SENDER },
        ...options.extra,
      },
      catalog: options.catalog,
    });
    return catalog;
  }

  const versionOf = async (name: string) =>
    (await catalog!.entity(name))?.metadata.annotations?.[VERSION];

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    it('shows records, their changes, and that they are gone', async () => {
      const knex = await databases.init(databaseId);
      for (const id of ['a', 'b', 'c']) {
        registry.put(id);
      }
      await start(knex);

      await waitFor(async () =>
        expect(await catalog!.entities()).toEqual(['a', 'b', 'c']),
      );
      expect(await catalog!.entity('a')).toMatchObject({
        metadata: { annotations: { 'custom/owner': 'team-a' } },
        spec: {
          type: 'service',
          lifecycle: 'production',
          owner: 'group:team-a',
        },
      });

      registry.put('a', 'team-b');
      registry.state.records.delete('c');
      await waitFor(async () => {
        expect((await catalog!.entity('a'))?.spec?.owner).toBe('group:team-b');
        expect(await catalog!.entities()).toEqual(['a', 'b']);
      });
    });

    it('shows a deployment, and through a restart', async () => {
      const knex = await databases.init(databaseId);
      registry.put('a');
      await start(knex);
      await waitFor(async () =>
        expect(await catalog!.entity('a')).toBeDefined(),
      );

      const answer = await catalog!.post(deployment('v1'));
      expect(answer).toMatchObject({
        status: 202,
        body: { id: expect.any(String) },
      });
      await waitFor(async () => expect(await versionOf('a')).toBe('v1'));

      await catalog!.stop();
      await start(knex);
      await waitFor(async () => expect(await versionOf('a')).toBe('v1'));
      expect(await knex('custom_data_deliveries').select('state')).toEqual([
        { state: 'done' },
      ]);
    });

    it('takes v1, v2, v1 for three deployments, and a repeat for none', async () => {
      const knex = await databases.init(databaseId);
      registry.put('a');
      await start(knex);
      await waitFor(async () =>
        expect(await catalog!.entity('a')).toBeDefined(),
      );

      const first = await catalog!.post(deployment('v1'));
      await expect(catalog!.post(deployment('v1'))).resolves.toMatchObject({
        status: 200,
        body: first.body,
      });
      await catalog!.post(deployment('v2'));
      const third = await catalog!.post(deployment('v1'));

      expect(third.status).toBe(202);
      await waitFor(async () => {
        const settled = await knex('custom_data_deliveries').whereNotNull(
          'settled_at',
        );
        expect(settled).toHaveLength(3);
        expect(await versionOf('a')).toBe('v1');
      });
    });
  });

  describe('on one database', () => {
    let knex: Knex;

    beforeEach(async () => {
      knex = await databases.init('SQLITE_3');
      registry.put('a');
      registry.put('b');
    });

    const shown = (...names: string[]) =>
      waitFor(async () => expect(await catalog!.entities()).toEqual(names));

    it('changes nothing for a signature that does not hold', async () => {
      await start(knex);
      await shown('a', 'b');

      await expect(
        catalog!.post(deployment('v1'), {
          headers: { 'X-Catalog-Signature': 'a'.repeat(64) },
        }),
      ).resolves.toMatchObject({ status: 401 });
      await expect(knex('custom_data_deliveries')).resolves.toEqual([]);
    });

    it('fetches the record of a deployment at once where it is asked to', async () => {
      await start(knex, {
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            schedule: { ...SOON.schedule, frequency: { hours: 1 } },
          },
        },
      });
      await shown('a', 'b');
      registry.put('a', 'team-b');

      await catalog!.post(deployment('v1', { catalog_refresh: true }));

      await waitFor(async () => {
        expect(await versionOf('a')).toBe('v1');
        expect((await catalog!.entity('a'))?.spec?.owner).toBe('group:team-b');
      });
    });

    it('shows the deployment of a service that the catalog learns of later', async () => {
      await start(knex);
      await catalog!.post(deployment('v1', { service: 'later' }));
      await waitFor(async () =>
        expect(await knex('custom_data_deliveries').first('state')).toEqual({
          state: 'unmatched',
        }),
      );
      registry.put('later');

      await waitFor(async () => expect(await versionOf('later')).toBe('v1'));
    });

    it('settles what was accepted before the process died, claimed or not', async () => {
      await migrate({ knex });
      const deliveries = createDeliveryStore({ knex });
      const accept = (service: string) =>
        deliveries.acceptAll(
          [
            {
              sender: 'ci',
              digest: service,
              secretId: 'test',
              dialect: 'catalog',
              content: {
                type: 'event',
                event: {
                  event: 'deployment.success',
                  service,
                  version: 'v1',
                  environment: 'production',
                  catalogRefresh: false,
                },
              },
              payload: '{}',
              headers: {},
            },
          ],
          new Date(),
        );
      await accept('a');
      const claim = await deliveries.claim({
        limit: 1,
        leaseMs: 1000,
        now: new Date(),
      });
      expect(claim.deliveries.map(({ event }) => event.service)).toEqual(['a']);
      await accept('b');

      await start(knex);

      await waitFor(async () => {
        expect(await versionOf('a')).toBe('v1');
        expect(await versionOf('b')).toBe('v1');
      });
    });

    it('goes on showing deployments, and loses none, while a sender is misconfigured', async () => {
      await start(knex);
      await shown('a', 'b');
      await catalog!.post(deployment('v1'));
      await waitFor(async () => expect(await versionOf('a')).toBe('v1'));
      await catalog!.stop();
      await knex('custom_data_deliveries').update({
        state: 'pending',
        due_at: new Date().toISOString(),
      });

      await start(knex, { extra: { webhooks: { ci: { secrets: [] } } } });
      await waitFor(async () =>
        expect(await knex('custom_data_deliveries').first()).toMatchObject({
          state: 'failed',
          reason: expect.stringContaining('misconfigured'),
        }),
      );
      expect(await versionOf('a')).toBe('v1');
      await catalog!.stop();

      await start(knex);
      await waitFor(async () =>
        expect(await knex('custom_data_deliveries').first('state')).toEqual({
          state: 'done',
        }),
      );
    });

    it('tries again when a back-off ends, long before the next poll', async () => {
      registry.state.status = 500;
      await start(knex, {
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            schedule: { ...SOON.schedule, frequency: { hours: 1 } },
          },
        },
      });
      await waitFor(async () =>
        expect(
          await knex('custom_data_runs').where({ outcome: 'failed' }),
        ).not.toHaveLength(0),
      );
      registry.state.status = 200;

      await shown('a', 'b');
    });

    it('keeps all entities where the list is empty or the API fails', async () => {
      await start(knex);
      await shown('a', 'b');
      registry.state.records.clear();
      await waitFor(async () =>
        expect(
          await knex('custom_data_runs').whereNotNull('held'),
        ).not.toHaveLength(0),
      );
      registry.state.status = 500;
      await waitFor(async () =>
        expect(
          await knex('custom_data_runs').where({ outcome: 'failed' }),
        ).not.toHaveLength(0),
      );

      expect(await catalog!.entities()).toEqual(['a', 'b']);
    });

    it('keeps the entities of a source that is misconfigured or gone from the configuration', async () => {
      await start(knex);
      await shown('a', 'b');
      await catalog!.stop();

      await start(knex, {
        sources: { registry: { url: registry.url, headers: {} } },
      });
      expect(catalog!.logger.error).toHaveBeenCalledWith(
        expect.stringContaining('headers'),
      );
      await shown('a', 'b');
      await catalog!.stop();

      await start(knex, {
        sources: { other: { url: `${registry.url}/none` } },
      });
      await shown('a', 'b');
    });

    it('takes a changed mapping up at the next start, although nothing else changed', async () => {
      await start(knex);
      await shown('a', 'b');
      await catalog!.stop();

      await start(knex, {
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            id: 'serviceId',
            entity: {
              kind: 'Component',
              metadata: {
                name: '${{ serviceId }}',
                title: 'Service ${{ serviceId }}',
              },
              spec: {
                type: 'service',
                lifecycle: 'production',
                owner: 'group:all',
              },
            },
          },
        },
      });

      await waitFor(async () =>
        expect((await catalog!.entity('a'))?.metadata.title).toBe('Service a'),
      );
    });

    it('starts the rest where an expression or a sender is at fault', async () => {
      await start(knex, {
        sources: {
          ...source(),
          broken: {
            url: registry.url,
            id: 'a.(',
            entity: { kind: 'Component', metadata: { name: '${{ id }}' } },
          },
        },
        extra: {
          webhooks: {
            ci: SENDER,
            short: { secrets: [{ id: 'x', secret: 'short' }] },
          },
        },
      });

      await shown('a', 'b');
      const errors = JSON.stringify(
        jest.mocked(catalog!.logger.error).mock.calls,
      );
      expect(errors).toContain('a.(');
      expect(errors).toContain('16 bytes');
      expect(errors).not.toContain('"short"}');
    });

    describe('through locations', () => {
      let folder: string;

      beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), 'custom-data-'));
      });

      afterEach(async () => {
        await rm(folder, { recursive: true });
      });

      const readOnly = (allow: string[]) => ({
        registry: {
          url: registry.url,
          poll: false,
          locations: { allow },
          ...SOON,
        },
      });

      it('reads records of catalog.locations', async () => {
        await start(knex, {
          sources: readOnly(['custom-data:*']),
          catalog: {
            locations: [{ type: 'custom-data', target: 'registry/a' }],
          },
        });

        await shown('a');
        expect(await catalog!.entity('a')).toMatchObject({
          metadata: {
            annotations: {
              'backstage.io/managed-by-location': 'custom-data:registry/a',
            },
          },
        });
      });

      it('reads each target of a manifest for itself, and keeps what fails later', async () => {
        const file = join(folder, 'locations.yaml');
        await writeFile(
          file,
          `apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: services }
spec: { type: custom-data, targets: [registry/a, registry/b, registry/none] }
`,
        );
        await start(knex, {
          sources: readOnly(['file:*']),
          extra: { allowedLocationTypes: ['url', 'file', 'custom-data'] },
          catalog: { locations: [{ type: 'file', target: file }] },
        });

        await shown('a', 'b');
        registry.state.records.delete('a');
        registry.put('b', 'team-b');
        for (const service of ['a', 'b']) {
          await catalog!.post(
            deployment('v1', { service, catalog_refresh: true }),
          );
        }
        await waitFor(async () => {
          expect((await catalog!.entity('b'))?.spec?.owner).toBe(
            'group:team-b',
          );
          expect(await versionOf('a')).toBe('v1');
        });
        expect((await catalog!.entity('a'))?.spec?.owner).toBe('group:team-a');
      });

      it('does not ask the API on every processing pass', async () => {
        await start(knex, {
          sources: {
            registry: {
              ...readOnly(['custom-data:*']).registry,
              schedule: undefined,
            },
          },
          catalog: {
            locations: [{ type: 'custom-data', target: 'registry/a' }],
          },
        });
        await shown('a');
        const passes = () =>
          knex('refresh_state')
            .where('entity_ref', 'like', 'location:%')
            .first('next_update_at');
        const before = await passes();
        await waitFor(async () => expect(await passes()).not.toEqual(before));
        const again = await passes();
        await waitFor(async () => expect(await passes()).not.toEqual(again));

        expect(registry.state.answers).toEqual(['/metadata/a 200']);
      });

      it('registers one over the API where the type is allowed, and shows its fault', async () => {
        await start(knex, {
          sources: readOnly(['custom-data:*']),
          extra: { allowedLocationTypes: ['url', 'custom-data'] },
        });
        const register = (target: string) =>
          fetch(`${catalog!.url}/locations`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ type: 'custom-data', target }),
          });
        expect((await register('registry/a')).status).toBe(201);
        await register('registry/../a');

        await shown('a');
        await waitFor(async () => {
          const rows = await knex('refresh_state').where(
            'errors',
            'like',
            '%segment%',
          );
          expect(rows).toHaveLength(1);
        });
        expect(registry.state.answers.join()).not.toContain('..');
      });

      it('gives nothing to an origin that is not allowed', async () => {
        await start(knex, {
          sources: readOnly([]),
          catalog: {
            locations: [{ type: 'custom-data', target: 'registry/a' }],
          },
        });

        await waitFor(async () => {
          const rows = await knex('refresh_state').where(
            'errors',
            'like',
            '%locations.allow%',
          );
          expect(rows).toHaveLength(1);
        });
        expect(registry.state.answers).toEqual([]);
      });
    });
  });
});
