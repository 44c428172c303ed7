import { TestDatabases } from '@backstage/backend-test-utils';
import { deployment, SENDER } from './__testUtils__/startCatalog';
import {
  withWebhooks,
  type WebhookCatalog,
} from './__testUtils__/startWebhooks';
import { waitFor } from './__testUtils__/waitFor';

const DAY = 24 * 3_600_000;
/** Entities are processed only on demand, so they keep what they show. */
const SELDOM = { processingInterval: { hours: 1 } };

describe('the log of deliveries in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  const within = withWebhooks(databases);

  const shows = (catalog: WebhookCatalog, versions: object) =>
    waitFor(async () => expect(await catalog.versions()).toEqual(versions));

  const replay = (catalog: WebhookCatalog, body: object) =>
    catalog.api('POST /deliveries/replay', { body });

  it('brings back a deployment that the catalog lost of an entity that it takes for processed', async () => {
    const knex = await databases.init('POSTGRES_18');
    await within({ knex, catalog: SELDOM }, async catalog => {
      await catalog.tell('v1');
      await shows(catalog, { production: 'v1' });
      const v1 = '"custom/deployed-version.production":"v1"';
      const lost = await knex('final_entities')
        .where({ entity_ref: 'component:default/a' })
        .where('final_entity', 'like', `%${v1}%`)
        .update({
          hash: 'of before',
          final_entity: knex.raw('replace(final_entity, ?, ?)', [
            v1,
            '"x":"y"',
          ]),
        });
      expect(lost).toBe(1);
      await shows(catalog, { production: 'v1' });
    });
  });

  it('replays deliveries into a catalog that lost deployments, after a dry run', async () => {
    const knex = await databases.init('POSTGRES_18');
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
      const details = await waitFor(async () => {
        const found = await catalog.get(`/deliveries/${kept}`);
        expect(found.attemptList).toHaveLength(2);
        return found;
      });
      expect(details).toMatchObject({
        sender: 'ci',
        secretId: 'test',
        state: 'done',
        payload: JSON.stringify(deployment('v1', { service: 'b' })),
        headers: { 'content-type': 'application/json' },
        attemptList: [{ state: 'done' }, { state: 'done' }],
      });
      expect(JSON.stringify(details)).not.toContain('signature');
      await expect(replay(catalog, { filter })).resolves.toMatchObject({
        body: { hash, entities: [] },
      });
      const { items } = await catalog.get('/deployments?history=true');
      expect(items).toHaveLength(3);
    });
  });

  it('deletes what is past its retention, and still shows what runs', () =>
    within({ catalog: SELDOM }, async (catalog, knex) => {
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
      expect((await catalog.api(`GET /deliveries/${old.id}`)).status).toBe(404);
      expect(await knex('custom_data_delivery_attempts')).toHaveLength(1);
      await expect(
        catalog.get('/deployments?service=a'),
      ).resolves.toMatchObject({
        items: [{ version: 'v1', current: true }],
      });
      expect(await catalog.versions()).toEqual({ production: 'v1' });
    }));

  it('redelivers a dead delivery, and processes it again', () =>
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
    }));

  it('shows deployments of a former name once an alias names it', async () => {
    const knex = await databases.init('SQLITE_3');
    const options = { knex, catalog: SELDOM };
    let id = '';
    await within(options, async catalog => {
      ({ id } = await catalog.tell('v1', { service: 'former' }));
    });
    const ci = { ...SENDER, aliases: { former: 'a' } };
    await within({ ...options, webhooks: { ci } }, async catalog => {
      await shows(catalog, { production: 'v1' });
      await waitFor(async () =>
        expect(await catalog.get(`/deliveries/${id}`)).toMatchObject({
          state: 'done',
        }),
      );
      await expect(
        catalog.get('/deployments?entity=component:default/a'),
      ).resolves.toMatchObject({ items: [{ service: 'former' }] });
    });
  });
});
