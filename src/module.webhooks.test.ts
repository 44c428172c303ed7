import { createBackendPlugin } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  eventsServiceFactory,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import { signStandard, WEBHOOK_KEY } from './__testUtils__/signWebhook';
import { deployment, SENDER } from './__testUtils__/startCatalog';
import {
  withWebhooks,
  type WebhookCatalog,
} from './__testUtils__/startWebhooks';
import { waitFor } from './__testUtils__/waitFor';

const MINUTE = 60_000;
const MAX_BYTES = 1_000_000;

const STANDARD = {
  dialect: 'standard-webhooks',
  secrets: [{ id: 'test', secret: WEBHOOK_KEY }],
};

const inMinutes = (minutes: number) => ({
  time: new Date(Date.now() + minutes * MINUTE).toISOString(),
});

/** A deployment in so many bytes. */
function bodyOf(bytes: number): string {
  const text = JSON.stringify(deployment('v1', { padding: '' }));
  return text.replace(
    '"padding":""',
    `"padding":"${'x'.repeat(bytes - text.length)}"`,
  );
}

describe('webhooks in a real catalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

  const within = withWebhooks(databases);

  it('takes a deployment from a sender of Standard Webhooks', () =>
    within({ webhooks: { ci: STANDARD } }, async catalog => {
      const sign = signStandard({ id: 'msg_1' });
      const { time } = inMinutes(-1);
      const { event, ...data } = deployment('v1');
      const envelope = { type: event, timestamp: time, data };

      const answer = await catalog.post(envelope, { sign });

      expect(answer).toMatchObject({
        status: 202,
        body: { id: expect.any(String) },
      });
      const { id } = answer.body;
      expect(answer.header('Location')).toBe(`../deliveries/${id}`);
      await waitFor(async () =>
        expect(await catalog.entity('a')).toMatchObject({
          metadata: {
            annotations: {
              'custom/deployed-version.production': 'v1',
              'custom/deployed-at.production': time,
            },
          },
        }),
      );
      await expect(catalog.post(envelope, { sign })).resolves.toMatchObject({
        status: 200,
        body: { id },
      });
      await expect(
        catalog.post(envelope, {
          sign,
          headers: { 'webhook-id': 'msg_2' },
        }),
      ).resolves.toMatchObject({ status: 401 });
      expect((await catalog.get('/deliveries')).totalItems).toBe(1);
    }));

  it.each(databases.eachSupportedId())(
    'shows each target of an environment with its artifact, and filters by them, on %s',
    databaseId =>
      within(
        {},
        async catalog => {
          const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
          const places: Array<[string, string, string, string]> = [
            ['v1', 'eu', '1', 'eu-west-1'],
            ['v2', 'us', '2', 'us-east-1'],
            ['v3', 'eu', '3', 'eu-central-1'],
          ];
          for (const [version, target, digit, physical] of places) {
            await catalog.tell(version, {
              digest: digestOf(digit),
              metadata: {
                environment: 'production',
                physicalEnvironment: physical,
                target,
              },
            });
          }
          await waitFor(async () =>
            expect(await catalog.versions()).toEqual({
              'production.eu': 'v3',
              'production.us': 'v2',
            }),
          );
          const versionsOf = async (query: string) =>
            (await catalog.get(`/deployments?${query}`)).items
              .map(({ version }: any) => version)
              .sort();
          expect(await versionsOf('environment=production')).toEqual([
            'v2',
            'v3',
          ]);
          expect(await versionsOf('target=us')).toEqual(['v2']);
          expect(await versionsOf(`digest=${digestOf('3')}`)).toEqual(['v3']);
          expect(await versionsOf('physicalEnvironment=us-east-1')).toEqual([
            'v2',
          ]);
          const before = `history=true&digest=${digestOf('1')}`;
          expect(await versionsOf(before)).toEqual(['v1']);
        },
        databaseId,
      ),
  );

  it('shows what is newest, however late and often it is told, and by whom', () =>
    within(
      {
        webhooks: { ci: STANDARD, argo: SENDER },
      },
      async catalog => {
        let message = 0;
        const ci = () => ({
          sign: signStandard({ id: `msg_${(message += 1)}` }),
        });
        const argo = () => ({ sender: 'argo' });
        const shows = (versions: object) =>
          waitFor(async () =>
            expect(await catalog.versions()).toEqual(versions),
          );

        await catalog.tell('v2', { sequence: 2 }, ci());
        await shows({ production: 'v2' });
        const again = { sign: signStandard({ id: 'msg_1' }) };
        await expect(
          catalog.post(deployment('v2', { sequence: 2 }), again),
        ).resolves.toMatchObject({ status: 200 });
        await expect(
          catalog.tell('v1', { sequence: 1, ...inMinutes(1) }, ci()),
        ).resolves.toMatchObject({
          state: 'superseded',
          reason: expect.stringContaining('newer'),
        });
        await expect(
          catalog.tell('v0', inMinutes(-60), argo()),
        ).resolves.toMatchObject({ state: 'superseded' });
        await expect(
          catalog.post(deployment('v9', inMinutes(6)), argo()),
        ).resolves.toMatchObject({
          status: 400,
          body: {
            error: { message: expect.stringContaining('5 minutes') },
          },
        });
        expect(await catalog.versions()).toEqual({ production: 'v2' });

        await catalog.tell('v3', inMinutes(2), argo());
        await shows({ production: 'v3' });
        await expect(
          catalog.tell('v4', { sequence: 4 }, ci()),
        ).resolves.toMatchObject({ state: 'superseded' });
        const rollback = { event: 'deployment.rollback' };
        await catalog.tell('v2', { ...rollback, ...inMinutes(3) }, argo());
        await shows({ production: 'v2' });

        for (const event of ['deployment.started', 'deployment.failure']) {
          await expect(
            catalog.tell('v5', { event, ...inMinutes(4) }, argo()),
          ).resolves.toMatchObject({ state: 'done' });
        }
        expect(await catalog.versions()).toEqual({ production: 'v2' });

        const removed = { event: 'deployment.removed', sequence: 5 };
        await catalog.tell('v2', { ...removed, ...inMinutes(4.5) }, ci());
        await shows({});
        await catalog.tell('v1', inMinutes(1), argo());
        expect(await catalog.versions()).toEqual({});
        await expect(
          catalog.get('/deployments?entity=component:default/a'),
        ).resolves.toMatchObject({
          items: [{ sender: 'argo', version: 'v2', current: false }],
        });
        const { items } = await catalog.get(
          '/deployments?entity=component:default/a&history=true',
        );
        expect(
          items.map(({ status, version }: any) => `${status} ${version}`),
        ).toEqual([
          'removed v2',
          'failure v5',
          'started v5',
          'rollback v2',
          'success v3',
          'success v1',
          'success v1',
          'success v4',
          'success v2',
          'success v0',
        ]);
      },
      'POSTGRES_18',
    ));

  it('turns a paused sender away until it is resumed, and through a restart', async () => {
    const knex = await databases.init('SQLITE_3');
    const turnsAway = async (catalog: WebhookCatalog) => {
      const answer = await catalog.post(deployment('v1'));
      expect(answer.status).toBe(503);
      expect(Number(answer.header('Retry-After'))).toBeGreaterThan(0);
      expect((await catalog.get('/deliveries')).items).toEqual([]);
    };
    await within({ knex }, async catalog => {
      await expect(
        catalog.api('POST /senders/ci/pause'),
      ).resolves.toMatchObject({ status: 204 });
      await turnsAway(catalog);
    });
    await within({ knex }, async catalog => {
      await turnsAway(catalog);
      await expect(catalog.get('/senders')).resolves.toMatchObject({
        items: [
          {
            name: 'ci',
            state: 'paused',
            paused: { by: 'external:test-service' },
          },
        ],
      });

      await catalog.api('POST /senders/ci/resume');
      await expect(catalog.tell('v1')).resolves.toMatchObject({
        state: 'done',
      });
    });
  });

  it('shows which of two secrets is still in use', () =>
    within(
      {
        webhooks: {
          ci: {
            secrets: [
              { id: 'new', secret: 'another-secret-of-enough-bytes' },
              { ...SENDER.secrets[0], rotateBy: '2026-01-01' },
            ],
          },
        },
      },
      async catalog => {
        await catalog.tell('v1');

        await waitFor(async () =>
          expect((await catalog.get('/senders')).items[0].secrets).toEqual([
            {
              id: 'new',
              state: 'valid',
              firstSeenAt: expect.any(String),
              dueAt: expect.any(String),
              overdue: false,
            },
            {
              id: 'test',
              state: 'valid',
              overdue: true,
              firstSeenAt: expect.any(String),
              dueAt: '2026-01-01T00:00:00.000Z',
              rotateBy: expect.any(String),
              lastUsedAt: expect.any(String),
            },
          ]),
        );
      },
    ));

  it('settles what came before its service, once the catalog has that', () =>
    within({}, async catalog => {
      const { id, reason } = await catalog.tell('v1', { service: 'later' });
      expect(await catalog.get(`/deliveries/${id}`)).toMatchObject({
        state: 'unmatched',
      });
      expect(reason).toContain('component:default/later');

      await catalog.add('later');

      await waitFor(async () => {
        expect(await catalog.versions('later')).toEqual({ production: 'v1' });
        expect(await catalog.get(`/deliveries/${id}`)).toMatchObject({
          state: 'done',
          attemptList: [{ state: 'unmatched' }, { state: 'done' }],
        });
      });
    }));

  const heard: any[] = [];
  const listener = createBackendPlugin({
    pluginId: 'listener',
    register(env) {
      env.registerInit({
        deps: { events: eventsServiceRef },
        init: ({ events }) =>
          events.subscribe({
            id: 'test',
            topics: ['catalog.deployment'],
            onEvent: async event => {
              heard.push(event);
            },
          }),
      });
    },
  });

  it('tells other plugins of each deployment that is settled', () =>
    within({ features: [listener, eventsServiceFactory] }, async catalog => {
      const done = await catalog.tell('v2', {
        url: 'https://ci.example.com/1',
        sequence: 7,
      });
      const late = await catalog.tell('v1', inMinutes(-5));
      const unmatched = await catalog.tell('v1', { service: 'none' });

      const common = { sender: 'ci', environment: 'production' };
      await waitFor(() => expect(heard).toHaveLength(3));
      expect(heard).toMatchObject([
        {
          metadata: { ...common, status: 'success', deliveryId: done.id },
          eventPayload: {
            ...common,
            deliveryId: done.id,
            service: 'a',
            entityRef: 'component:default/a',
            status: 'success',
            version: 'v2',
            sequence: 7,
            url: 'https://ci.example.com/1',
            state: 'done',
            current: true,
          },
        },
        {
          eventPayload: {
            deliveryId: late.id,
            version: 'v1',
            state: 'superseded',
            current: false,
          },
        },
        {
          eventPayload: {
            deliveryId: unmatched.id,
            entityRef: 'component:default/none',
            state: 'unmatched',
            current: true,
          },
        },
      ]);
    }));

  it('takes 1 MB, and no more', () =>
    within({}, async catalog => {
      const body = bodyOf(MAX_BYTES);
      const answer = await catalog.post(body);
      expect(answer.status).toBe(202);
      await expect(catalog.settled(answer.body.id)).resolves.toMatchObject({
        state: 'done',
        payload: body,
      });

      await expect(catalog.post(bodyOf(MAX_BYTES + 1))).resolves.toMatchObject({
        status: 413,
        body: { error: { name: 'PayloadTooLargeError' } },
      });
      await expect(
        catalog.post(deployment('v2'), {
          headers: { 'Content-Encoding': 'gzip' },
        }),
      ).resolves.toMatchObject({ status: 415 });
      expect((await catalog.get('/deliveries')).totalItems).toBe(1);
    }));
});
