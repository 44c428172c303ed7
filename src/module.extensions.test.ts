import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import {
  catalogProcessingExtensionPoint,
  type EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { SENDER, SOON, startCatalog } from './__testUtils__/startCatalog';
import { startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';
import { customDataExtensionPoint } from './extension';
import type { WebhookDialectReading } from './webhooks/dialects/customDialect';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const component = (name: string, owner: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name },
  spec: { type: 'service', lifecycle: 'production', owner },
});

/** A service and its version, a line each. */
function readAcme(
  line: string,
  [environment]: string[],
): WebhookDialectReading {
  if (line === 'ping') {
    return { type: 'ignored', reason: 'a ping' };
  }
  const [service, version] = line.split(' ');
  return {
    type: 'ok',
    payload: {
      event: 'deployment.success',
      service,
      version,
      metadata: { environment },
    },
  };
}

describe('what other modules add', () => {
  let knex: Knex;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;
  let teams: JsonObject[];
  let revision = 1;
  let reads = 0;

  /** A module that adds a source and a mapping in code. */
  const teamDirectory = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'team-directory',
    register(env) {
      env.registerInit({
        deps: { customData: customDataExtensionPoint },
        async init({ customData }) {
          customData.addSource({
            name: 'team-directory',
            revision: async () => `${revision}`,
            async *list() {
              reads++;
              yield teams.slice(0, 2);
              yield teams.slice(2);
            },
          });
          customData.addDialect({
            name: 'acme-deploy',
            read: ({ body, headers }) =>
              String(body)
                .split('\n')
                .map(line => readAcme(line, headers('x-acme-environment'))),
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

  const shown = (...names: string[]) =>
    waitFor(async () => expect(await catalog.entities()).toEqual(names));
  const source = async (name: string) =>
    (await catalog.api(`GET /sources/${name}`)).body;

  beforeAll(async () => {
    knex = await databases.init('SQLITE_3');
    teams = [{ teamId: 'a', services: [] }];
    catalog = await startCatalog({
      knex,
      features: [teamDirectory],
      customData: {
        sources: {
          'team-directory': {
            type: 'custom',
            transformer: 'teams',
            id: 'teamId',
            ...SOON,
          },
          missing: { type: 'custom', id: 'x' },
          unmapped: {
            url: 'http://registry.invalid',
            transformer: 'team',
            id: 'x',
          },
        },
        webhooks: {
          acme: { ...SENDER, dialect: 'acme-deploy' },
          unknown: { ...SENDER, dialect: 'acme-deplay' },
        },
      },
    });
  });

  afterAll(() => catalog.stop());

  beforeEach(async () => {
    teams = [
      { teamId: 'a', services: ['a-1', 'a-2'] },
      { teamId: 'b', services: [] },
      { teamId: 'c', services: [] },
    ];
    revision++;
    await shown('a-1', 'a-2');
  });

  it('reads records from elsewhere, and maps them in code', async () => {
    expect((await catalog.entity('a-1'))?.spec?.owner).toBe('a');
    expect((await source('team-directory')).type).toBe('custom');
  });

  it('reports a source or a transformer that no module has added', async () => {
    expect((await source('missing')).reason).toContain(
      'no module has added a source of the name "missing"',
    );
    expect((await source('unmapped')).reason).toContain(
      'did you mean "teams"?',
    );
  });

  it('reads webhooks in a format of their own', async () => {
    const headers = { 'X-Acme-Environment': 'production' };
    const answer = await catalog.post('a-1 v7\nping\na-2', {
      sender: 'acme',
      headers,
    });
    expect(answer.body.items).toMatchObject([
      { status: 202 },
      { status: 202, state: 'ignored' },
      { status: 400 },
    ]);
    expect(JSON.stringify(answer.body.items[2])).toContain('version');
    await waitFor(async () =>
      expect((await catalog.entity('a-1'))?.metadata.annotations).toMatchObject(
        {
          'custom/deployed-version.production': 'v7',
        },
      ),
    );
  });

  it('report a format that no module has added, with the nearest name', async () => {
    const { body } = await catalog.api('GET /senders/unknown');
    expect(JSON.stringify(body)).toContain('acme-deploy');
    await expect(
      catalog.post('a-1 v7', { sender: 'unknown' }),
    ).resolves.toMatchObject({ status: 401 });
  });

  it('does not read the list while its revision is the same', async () => {
    const unchangedRuns = async (count: number) => {
      const runs = () =>
        knex('custom_data_runs').where({ outcome: 'unchanged' });
      const { length } = await runs();
      await waitFor(async () =>
        expect((await runs()).length).toBeGreaterThanOrEqual(length + count),
      );
    };
    await unchangedRuns(2);
    const before = reads;
    await unchangedRuns(2);
    expect(reads).toBe(before);
  });

  it('reads the list when its revision changes', async () => {
    const before = reads;
    teams[1].services = ['b-1'];
    revision++;
    await shown('a-1', 'a-2', 'b-1');
    expect(reads).toBeGreaterThan(before);
  });

  it('counts a record as a problem if the transformer fails', async () => {
    teams[2].services = 'none';
    revision++;
    await waitFor(async () =>
      expect((await source('team-directory')).problems.errors).toBe(1),
    );
    await shown('a-1', 'a-2');
  });
});

describe('a provider that this module replaces', () => {
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  afterEach(() => catalog.stop());

  it('can go once its entities were taken over', async () => {
    const knex = await databases.init('SQLITE_3');
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
