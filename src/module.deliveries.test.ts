import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { deployment, loadModules, SENDER } from './__testUtils__/startCatalog';
import {
  withWebhooks,
  type WebhookCatalog,
} from './__testUtils__/startWebhooks';
import { waitFor } from './__testUtils__/waitFor';

const DAY = 24 * 3_600_000;
const USER = mockCredentials.user.header('user:default/jane');

const CALLS: Array<[string, object?]> = [
  ['POST /deliveries/some-id/redeliver'],
  ['POST /deliveries/replay', { filter: {}, dryRun: false, hash: 'x' }],
  ['POST /senders/ci/pause'],
];

/** Entities are processed when something asks for it, and so show what they last showed. */
const SELDOM = { processingInterval: { hours: 1 } };

describe('the log of deliveries in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  beforeAll(() => loadModules(databases));

  const within = withWebhooks(databases);

  const shows = (catalog: WebhookCatalog, versions: object) =>
    waitFor(async () => expect(await catalog.versions()).toEqual(versions));

  const replay = (catalog: WebhookCatalog, body: object, as?: string) =>
    catalog.api('POST /deliveries/replay', { body, as });

  for (const [databaseId] of databases.eachSupportedId()) {
    it.concurrent(
      `is searched, page by page, and shows what was sent on ${databaseId}`,
      () =>
        within(
          { services: ['a', 'b'], webhooks: { ci: SENDER, argo: SENDER } },
          async catalog => {
            const argo = { sender: 'argo' };
            const staging = { metadata: { environment: 'staging' } };
            const ids = [
              (await catalog.tell('v1')).id,
              (await catalog.tell('v1', { service: 'b' })).id,
              (await catalog.tell('v2', staging, argo)).id,
              (await catalog.tell('v1', { service: 'none' }, argo)).id,
              (await catalog.tell('ping', { event: 'ping' })).id,
            ];
            const [first, , third, , last] = ids;
            const { receivedAt } = await catalog.get(`/deliveries/${third}`);

            for (const [query, ...expected] of [
              ['sender=argo', 3, 2],
              ['state=unmatched', 3],
              ['state=ignored', 4],
              ['service=A', 2, 0],
              ['environment=staging&sender=argo', 2],
              [`since=${receivedAt}`, 4, 3, 2],
              [`until=${receivedAt}&service=b`, 1],
              ['sender=ci&state=dead'],
            ] as Array<[string, ...number[]]>) {
              const { items } = await catalog.get(`/deliveries?${query}`);
              expect(items.map(({ id }: any) => ids.indexOf(id))).toEqual(
                expected,
              );
            }
            const page = await catalog.get('/deliveries?limit=3');
            const { nextCursor } = page.pageInfo;
            const rest = await catalog.get(`/deliveries?cursor=${nextCursor}`);
            expect(
              [...page.items, ...rest.items].map(({ id }: any) => id),
            ).toEqual([...ids].reverse());

            const details = await catalog.get(`/deliveries/${first}`);
            expect(details).toMatchObject({
              sender: 'ci',
              secretId: 'test',
              dialect: 'catalog',
              state: 'done',
              attempts: 1,
              payload: JSON.stringify(deployment('v1')),
              headers: { 'content-type': 'application/json' },
              attemptList: [{ attempt: 1, state: 'done' }],
            });
            expect(JSON.stringify(details)).not.toContain('signature');
            expect(await catalog.get(`/deliveries/${last}`)).toMatchObject({
              state: 'ignored',
              reason: expect.stringContaining('"ping"'),
              attempts: 0,
            });
          },
          databaseId,
        ),
    );

    it.concurrent(
      `is replayed into a catalog that lost what it showed, after a look at what that changes on ${databaseId}`,
      async () => {
        const knex = await databases.init(databaseId);
        const options = { knex, services: ['a', 'b'], catalog: SELDOM };
        let kept = '';
        await within(options, async catalog => {
          await catalog.tell('v1');
          await catalog.tell('v2');
          kept = (await catalog.tell('v1', { service: 'b' })).id;
          await shows(catalog, { production: 'v2' });
        });
        await knex('custom_data_current_deployments')
          .where({ service_key: 'a' })
          .delete();
        await within(options, async catalog => {
          const refresh = await fetch(`${catalog.url}/refresh`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ entityRef: 'component:default/a' }),
          });
          expect(refresh.status).toBe(200);
          await shows(catalog, {});
          const filter = { sender: 'ci', environment: 'production' };

          const { body: plan, status } = await replay(catalog, { filter });
          expect(status).toBe(200);
          expect(plan).toEqual({
            hash: expect.stringMatching(/^[0-9a-f]{64}$/),
            count: 3,
            states: { done: 3 },
            hidden: 0,
            entities: [
              {
                entityRef: 'component:default/a',
                environments: [
                  {
                    environment: 'production',
                    after: {
                      version: 'v2',
                      deployedAt: expect.any(String),
                    },
                  },
                ],
              },
            ],
          });
          const { hash } = plan;
          const forReal = { filter, dryRun: false };
          await expect(replay(catalog, forReal)).resolves.toMatchObject({
            status: 400,
          });
          await expect(
            replay(catalog, { ...forReal, hash: '0'.repeat(64) }),
          ).resolves.toMatchObject({ status: 409 });
          expect(await catalog.versions()).toEqual({});

          await expect(replay(catalog, { ...forReal, hash })).resolves.toEqual({
            status: 202,
            body: { replayed: 3 },
          });

          await shows(catalog, { production: 'v2' });
          expect(await catalog.versions('b')).toEqual({ production: 'v1' });
          await waitFor(async () =>
            expect(await catalog.get(`/deliveries/${kept}`)).toMatchObject({
              state: 'done',
              attemptList: [{ state: 'done' }, { state: 'done' }],
            }),
          );
          await expect(replay(catalog, { filter })).resolves.toMatchObject({
            body: { hash, entities: [] },
          });
          const { items } = await catalog.get('/deployments?history=true');
          expect(items).toHaveLength(3);
        });
      },
    );

    it.concurrent(
      `forgets what is past its retention, and goes on showing what runs on ${databaseId}`,
      () =>
        within(
          { catalog: SELDOM },
          async (catalog, knex) => {
            const old = await catalog.tell('v1');
            await catalog.tell('v2', { service: 'none' });
            const recent = await catalog.tell('v3', { service: 'none' });
            const ago = (days: number) =>
              new Date(Date.now() - days * DAY).toISOString();
            const age = (days: number) =>
              knex('custom_data_deliveries')
                .whereNot({ delivery_id: recent.id })
                .update({ received_at: ago(days) });
            await knex('custom_data_deployments')
              .where({ delivery_id: old.id })
              .update({ event_at: ago(366) });
            await age(29);
            const remain = (deliveries: number, deployments: number) =>
              waitFor(async () => {
                expect((await catalog.get('/deliveries')).totalItems).toBe(
                  deliveries,
                );
                expect(
                  (await catalog.get('/deployments?history=true')).items,
                ).toHaveLength(deployments);
              });
            await remain(3, 2);

            await age(31);
            await remain(1, 2);
            expect(
              (await catalog.api(`GET /deliveries/${old.id}`)).status,
            ).toBe(404);
            expect(await knex('custom_data_delivery_attempts')).toHaveLength(1);
            await expect(
              catalog.get('/deployments?service=a'),
            ).resolves.toMatchObject({
              items: [{ version: 'v1', current: true }],
            });
            expect(await catalog.versions()).toEqual({ production: 'v1' });
          },
          databaseId,
        ),
    );
  }

  it.concurrent(
    'has one delivered again, with a new chance for what had failed for good',
    () =>
      within({}, async (catalog, knex) => {
        const { id } = await catalog.tell('v1');
        await knex('custom_data_deliveries').update({
          state: 'dead',
          attempts: 60,
          reason: 'no more',
        });

        await expect(
          catalog.api(`POST /deliveries/${id}/redeliver`),
        ).resolves.toEqual({ status: 202, body: { id } });

        await waitFor(async () =>
          expect(await catalog.get(`/deliveries/${id}`)).toMatchObject({
            state: 'done',
            attempts: 61,
          }),
        );
        const ignored = await catalog.tell('v1', { event: 'ping' });
        await expect(
          catalog.api(`POST /deliveries/${ignored.id}/redeliver`),
        ).resolves.toMatchObject({ status: 409 });
        await expect(
          catalog.api('POST /deliveries/none/redeliver'),
        ).resolves.toMatchObject({ status: 404 });
      }),
  );

  it.concurrent(
    'applies what a service told under a former name once an alias says so',
    async () => {
      const knex = await databases.init('SQLITE_3');
      const options = { knex, catalog: SELDOM };
      let id = '';
      await within(options, async catalog => {
        ({ id } = await catalog.tell('v1', { service: 'former' }));
      });
      const ci = { ...SENDER, aliases: { former: 'a' } };
      await within({ ...options, webhooks: { ci } }, async catalog => {
        await shows(catalog, { production: 'v1' });
        await expect(catalog.settled(id)).resolves.toMatchObject({
          state: 'done',
        });
        await expect(
          catalog.get('/deployments?entity=component:default/a'),
        ).resolves.toMatchObject({ items: [{ service: 'former' }] });
      });
    },
  );

  it.concurrent(
    'lets only services replay without the permission framework',
    () =>
      within({}, async catalog => {
        for (const [call, body] of CALLS) {
          await expect(
            catalog.api(call, { body, as: USER }),
          ).resolves.toMatchObject({ status: 403 });
        }
        await expect(
          catalog.api('GET /deliveries', {
            as: mockCredentials.none.header(),
          }),
        ).resolves.toMatchObject({ status: 401 });
      }),
  );

  it.concurrent('asks for the permission of each danger', async () => {
    const denied = new Set<string>();
    const authorize = async (requests: any[]) =>
      requests.map(({ permission }) => {
        const { ALLOW, DENY } = AuthorizeResult;
        const result = denied.has(permission.name) ? DENY : ALLOW;
        return { result } as { result: typeof ALLOW | typeof DENY };
      });
    const permissions = mockServices.permissions.mock({
      authorize,
      authorizeConditional: authorize,
    });
    await within(
      { permission: true, features: [permissions.factory] },
      async catalog => {
        const { id } = await catalog.tell('v1');
        denied.add('customData.delivery.replay').add('customData.sender.pause');
        for (const [call, body] of CALLS) {
          await expect(
            catalog.api(call, { body, as: USER }),
          ).resolves.toMatchObject({ status: 403 });
        }
        await expect(
          replay(catalog, { filter: {} }, USER),
        ).resolves.toMatchObject({ status: 200, body: { count: 1 } });

        denied.add('customData.delivery.read');
        for (const call of [
          'GET /deliveries',
          `GET /deliveries/${id}`,
          'POST /deliveries/replay',
        ]) {
          const body = call.startsWith('POST') ? { filter: {} } : undefined;
          await expect(
            catalog.api(call, { body, as: USER }),
          ).resolves.toMatchObject({ status: 403 });
        }
        denied.add('catalog.entity.read');
        await expect(
          catalog.api('GET /deployments', { as: USER }),
        ).resolves.toMatchObject({ status: 200, body: { items: [] } });
      },
    );
  });
});
