import { TestDatabases } from '@backstage/backend-test-utils';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withWorld } from './__testUtils__/catalogWorld';
import { deployment, SENDER, SOON } from './__testUtils__/startCatalog';
import { waitFor } from './__testUtils__/waitFor';
import { migrate } from './database/migrate';
import { acceptDelivery } from './deliveries/database/acceptDelivery';
import { claimDeliveries } from './deliveries/database/claim';

describe('the module in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
  const within = withWorld(databases);

  for (const [databaseId] of databases.eachSupportedId()) {
    it(`shows records, their changes, and that they are gone on ${databaseId}`, () =>
      within(async world => {
        const { registry, start } = world;
        for (const id of ['a', 'b', 'c']) {
          registry.put(id);
        }
        await start();

        await waitFor(async () =>
          expect(await world.catalog.entities()).toEqual(['a', 'b', 'c']),
        );
        expect(await world.catalog.entity('a')).toMatchObject({
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
          expect((await world.catalog.entity('a'))?.spec?.owner).toBe(
            'group:team-b',
          );
          expect(await world.catalog.entities()).toEqual(['a', 'b']);
        });
      }, databaseId));

    it(`shows a deployment, and through a restart on ${databaseId}`, () =>
      within(async world => {
        const { registry, knex, start, versionOf } = world;
        registry.put('a');
        await start();
        await waitFor(async () =>
          expect(await world.catalog.entity('a')).toBeDefined(),
        );

        const answer = await world.catalog.post(deployment('v1'));
        expect(answer).toMatchObject({
          status: 202,
          body: { id: expect.any(String) },
        });
        await waitFor(async () => expect(await versionOf('a')).toBe('v1'));

        await world.catalog.stop();
        await start();
        await waitFor(async () => expect(await versionOf('a')).toBe('v1'));
        expect(await knex('custom_data_deliveries').select('state')).toEqual([
          { state: 'done' },
        ]);
      }, databaseId));
  }

  it('fetches the record of a deployment at once where it is asked to', () =>
    within(async world => {
      const { registry, start, shown, versionOf } = world;
      await start({
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

      await world.catalog.post(deployment('v1', { catalog_refresh: true }));

      await waitFor(async () => {
        expect(await versionOf('a')).toBe('v1');
        expect((await world.catalog.entity('a'))?.spec?.owner).toBe(
          'group:team-b',
        );
      });
    }));

  it('settles what was accepted before the process died, claimed or not', () =>
    within(async ({ knex, start, versionOf }) => {
      await migrate({ knex });
      const accept = (service: string) =>
        acceptDelivery({
          knex,
          now: new Date(),
          delivery: {
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
        });
      await accept('a');
      const claimed = await claimDeliveries({
        knex,
        limit: 1,
        leaseMs: 1000,
        now: new Date(),
      });
      expect(claimed.map(({ event }) => event.service)).toEqual(['a']);
      await accept('b');

      await start();

      await waitFor(async () => {
        expect(await versionOf('a')).toBe('v1');
        expect(await versionOf('b')).toBe('v1');
      });
    }));

  it('goes on showing deployments, and loses none, while a sender is misconfigured', () =>
    within(async world => {
      const { knex, start, shown, versionOf } = world;
      await start();
      await shown('a', 'b');
      await world.catalog.post(deployment('v1'));
      await waitFor(async () => expect(await versionOf('a')).toBe('v1'));
      await world.catalog.stop();
      await knex('custom_data_deliveries').update({
        state: 'pending',
        due_at: new Date().toISOString(),
      });

      await start({ extra: { webhooks: { ci: { secrets: [] } } } });
      await waitFor(async () =>
        expect(await knex('custom_data_deliveries').first()).toMatchObject({
          state: 'failed',
          reason: expect.stringContaining('misconfigured'),
        }),
      );
      expect(await versionOf('a')).toBe('v1');
      await world.catalog.stop();

      await start();
      await waitFor(async () =>
        expect(await knex('custom_data_deliveries').first('state')).toEqual({
          state: 'done',
        }),
      );
    }));

  it('tries again when a back-off ends, long before the next poll', () =>
    within(async ({ registry, knex, start, shown }) => {
      registry.state.status = 500;
      await start({
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            schedule: { ...SOON.schedule, frequency: { hours: 1 } },
            request: { retries: 0 },
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
    }));

  it('keeps the entities of a source that is misconfigured or gone from the configuration', () =>
    within(async world => {
      const { registry, start, shown } = world;
      await start();
      await shown('a', 'b');
      await world.catalog.stop();

      await start({
        sources: { registry: { url: registry.url, headers: {} } },
      });
      expect(world.catalog.logger.error).toHaveBeenCalledWith(
        expect.stringContaining('headers'),
      );
      await shown('a', 'b');
      await world.catalog.stop();

      await start({
        sources: { other: { url: `${registry.url}/none` } },
      });
      await shown('a', 'b');
    }));

  it('takes a changed mapping up at the next start, although nothing else changed', () =>
    within(async world => {
      const { registry, start, shown } = world;
      await start();
      await shown('a', 'b');
      await world.catalog.stop();

      await start({
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
        expect((await world.catalog.entity('a'))?.metadata.title).toBe(
          'Service a',
        ),
      );
    }));

  it('starts the rest where an expression or a sender is at fault', () =>
    within(async world => {
      const { source, registry, start, shown } = world;
      await start({
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
            short: { secrets: [{ id: 'x', secret: 'tiny-secret' }] },
          },
        },
      });

      await shown('a', 'b');
      const errors = JSON.stringify(
        jest.mocked(world.catalog.logger.error).mock.calls,
      );
      expect(errors).toContain('a.(');
      expect(errors).toContain('16 bytes');
      expect(errors).not.toContain('tiny-secret');
    }));

  it('reads records of catalog.locations', () =>
    within(async world => {
      const { start, shown, readOnly } = world;
      await start({
        sources: readOnly(['custom-data:*']),
        catalog: {
          locations: [{ type: 'custom-data', target: 'registry/a' }],
        },
      });

      await shown('a');
      expect(await world.catalog.entity('a')).toMatchObject({
        metadata: {
          annotations: {
            'backstage.io/managed-by-location': 'custom-data:registry/a',
          },
        },
      });
    }));

  it('reads each target of a manifest for itself, and keeps what fails later', () =>
    within(async world => {
      const { registry, start, shown, versionOf, readOnly, folder } = world;
      const file = join(folder, 'locations.yaml');
      await writeFile(
        file,
        `apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: services }
spec: { type: custom-data, targets: [registry/a, registry/b, registry/none] }
`,
      );
      await start({
        sources: readOnly(['file:*']),
        extra: { allowedLocationTypes: ['url', 'file', 'custom-data'] },
        catalog: { locations: [{ type: 'file', target: file }] },
      });

      await shown('a', 'b');
      registry.state.records.delete('a');
      registry.put('b', 'team-b');
      for (const service of ['a', 'b']) {
        await world.catalog.post(
          deployment('v1', { service, catalog_refresh: true }),
        );
      }
      await waitFor(async () => {
        expect((await world.catalog.entity('b'))?.spec?.owner).toBe(
          'group:team-b',
        );
        expect(await versionOf('a')).toBe('v1');
      });
      expect((await world.catalog.entity('a'))?.spec?.owner).toBe(
        'group:team-a',
      );
    }));

  it('does not ask the API on every processing pass', () =>
    within(async ({ readOnly, registry, knex, start, shown }) => {
      await start({
        sources: {
          registry: {
            ...readOnly(['custom-data:*']).registry,
            schedule: undefined,
          },
        },
        catalog: {
          processingInterval: { milliseconds: 500 },
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
    }));

  it('registers one over the API where the type is allowed, and shows its fault', () =>
    within(async world => {
      const { registry, knex, start, shown, readOnly } = world;
      await start({
        sources: readOnly(['custom-data:*']),
        extra: { allowedLocationTypes: ['url', 'custom-data'] },
      });
      const register = (target: string) =>
        fetch(`${world.catalog.url}/locations`, {
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
    }));

  it('gives nothing to an origin that is not allowed', () =>
    within(async ({ registry, knex, start, readOnly }) => {
      await start({
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
    }));
});
