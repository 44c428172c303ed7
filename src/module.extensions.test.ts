import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import {
  catalogProcessingExtensionPoint,
  type EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';
import { customDataExtensionPoint } from './extension';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
let knex: Knex;
let catalog: Awaited<ReturnType<typeof startCatalog>>;

beforeEach(async () => {
  knex = await databases.init('SQLITE_3');
});
afterEach(() => catalog.stop());

const component = (name: string, owner: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name },
  spec: { type: 'service', lifecycle: 'production', owner },
});

describe('what other modules add', () => {
  it('reads records from elsewhere, and maps them in code', async () => {
    const teams: JsonObject[] = [
      { teamId: 'a', services: ['a-1', 'a-2'] },
      { teamId: 'b', services: [] },
      { teamId: 'c', services: [] },
    ];
    let revision = '1';
    let reads = 0;
    const extension = createBackendModule({
      pluginId: 'catalog',
      moduleId: 'team-directory',
      register(env) {
        env.registerInit({
          deps: { customData: customDataExtensionPoint },
          async init({ customData }) {
            customData.addSource({
              name: 'team-directory',
              revision: async () => revision,
              async *list() {
                reads++;
                yield teams.slice(0, 2);
                yield teams.slice(2);
              },
            });
            customData.addTransformer({
              name: 'teams',
              version: '1',
              transform: ({ teamId, services }) =>
                (services as string[]).map(name =>
                  component(name, String(teamId)),
                ),
            });
          },
        });
      },
    });
    catalog = await startCatalog({
      knex,
      features: [extension],
      customData: {
        sources: {
          'team-directory': {
            type: 'custom',
            transformer: 'teams',
            id: 'teamId',
            ...SOON,
          },
          lost: { type: 'custom', id: 'x' },
          unmapped: {
            url: 'http://registry.invalid',
            transformer: 'team',
            id: 'x',
          },
        },
      },
    });
    await waitFor(async () =>
      expect(await catalog.entities()).toEqual(['a-1', 'a-2']),
    );
    const source = async (name: string) =>
      (await catalog.api(`GET /sources/${name}`)).body;
    expect(await source('team-directory')).toMatchObject({
      type: 'custom',
      state: 'idle',
    });
    expect((await source('lost')).reason).toContain(
      'no module has added a source of the name "lost"',
    );
    expect((await source('unmapped')).reason).toContain('there are "teams"');

    // While its revision stays as it is, the list is not read.
    const before = reads;
    const runs = () => knex('custom_data_runs').where({ outcome: 'unchanged' });
    await waitFor(async () => expect((await runs()).length).toBeGreaterThan(2));
    expect(reads).toBe(before);
    teams[1].services = ['b-1'];
    teams[2].services = 'none';
    revision = '2';
    await waitFor(async () =>
      expect(await catalog.entities()).toEqual(['a-1', 'a-2', 'b-1']),
    );
    expect((await source('team-directory')).problems.errors).toBe(1);
  });

  it('takes over the entities of a home-made provider, which can then go', async () => {
    const registry = await startRegistry();
    registry.put('a', 'team-a');
    const homeMade = createBackendModule({
      pluginId: 'catalog',
      moduleId: 'home-made',
      register(env) {
        env.registerInit({
          deps: { processing: catalogProcessingExtensionPoint },
          async init({ processing }) {
            processing.addEntityProvider({
              getProviderName: () => 'home-made',
              async connect(connection: EntityProviderConnection) {
                await connection.applyMutation({
                  type: 'full',
                  entities: [
                    {
                      locationKey: 'home-made:default',
                      entity: {
                        ...component('a', 'old'),
                        metadata: {
                          name: 'a',
                          annotations: {
                            'backstage.io/managed-by-location': 'url:http://x',
                            'backstage.io/managed-by-origin-location':
                              'url:http://x',
                          },
                        },
                      },
                    },
                  ],
                });
              },
            });
          },
        });
      },
    });
    const sources = {
      registry: { url: registry.url, takeover: true, ...SOON },
    };
    catalog = await startCatalog({
      knex,
      features: [homeMade],
      customData: { strict: true },
    });
    await waitFor(async () =>
      expect((await catalog.entity('a'))?.spec?.owner).toBe('old'),
    );
    await catalog.stop();

    catalog = await startCatalog({
      knex,
      features: [homeMade],
      customData: { sources },
    });
    await waitFor(async () =>
      expect((await catalog.entity('a'))?.spec?.owner).toBe('group:team-a'),
    );
    await catalog.stop();

    // Without the home-made provider, whose entities the catalog evicts now.
    const uid = () =>
      knex('refresh_state')
        .where({ entity_ref: 'component:default/a' })
        .first();
    const before = (await uid()).entity_id;
    const runs = () => knex('custom_data_runs').whereNotNull('ended_at');
    const { length } = await runs();
    catalog = await startCatalog({ knex, customData: { sources } });
    await waitFor(async () =>
      expect((await runs()).length).toBeGreaterThan(length + 1),
    );
    expect((await uid()).entity_id).toBe(before);
    expect((await catalog.entity('a'))?.spec?.owner).toBe('group:team-a');
    await registry.stop();
  });
});
