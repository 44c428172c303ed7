import { TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { signStandard, WEBHOOK_KEY } from './__testUtils__/signWebhook';
import { startRegistry } from './__testUtils__/startRegistry';
import { SOON, startCatalog } from './__testUtils__/startCatalog';
import { waitFor } from './__testUtils__/waitFor';
import { readCustomDataSettings } from './config/settings';
import {
  cdevent,
  fixture,
  githubExamples,
  whereCdeventsAre,
} from './webhooks/dialects/__testUtils__/fixtures';
import { checkSenders } from './wiring/checkSenders';

const SECRET = 'a-secret-of-32-characters-or-so!';
const DOCUMENT = readFileSync(
  resolve(__dirname, '../docs/webhooks.md'),
  'utf8',
);

/** Every sender that the document shows. */
function sendersOfDocument(): Record<string, JsonObject> {
  const blocks = [...DOCUMENT.matchAll(/^```yaml\n(catalog:\n[^]*?)^```$/gm)];
  return Object.assign(
    {},
    ...blocks.map(
      ([, text]) =>
        parse(text.replace(/\$\{\w+\}/g, SECRET)).catalog.customData.webhooks,
    ),
  );
}

/** How a tool verifies itself is tested elsewhere: here all of them sign. */
function signing([name, sender]: [string, JsonObject]): [string, JsonObject] {
  const { verify, allowFrom, trustProxy, ...rest } = sender;
  const secret = sender.dialect === 'gitlab' && !verify ? WEBHOOK_KEY : SECRET;
  const signature = verify ? { signature: 'catalog' } : {};
  return [name, { ...rest, ...signature, secrets: [{ id: 'a', secret }] }];
}

const SIGNATURE_HEADERS: Record<string, string> = {
  github: 'X-Hub-Signature-256',
  'github-tags': 'X-Hub-Signature-256',
  flux: 'X-Signature',
};

const hex = (body: string) =>
  createHmac('sha256', SECRET).update(body).digest('hex');

const [status] = githubExamples('deployment_status');
// The history alone has the artifact, and keeps it for a year.
const timestamp = new Date().toISOString();
const flux = { ...fixture('flux-event'), timestamp };
const DIGEST =
  'sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427';
const document = cdevent('deployed');
const deployed = {
  ...document,
  context: { ...document.context, timestamp },
};
const cloudEvent = (data: any) => ({
  specversion: '1.0',
  ...data.context,
  data,
});

/** What Argo CD makes of the template in the document. */
function argoBody(): string {
  const template = /^ +body: \|\n([^]*?)^trigger\./m.exec(DOCUMENT)![1];
  const values = [
    'success',
    '"argo-app"',
    '"0a1b2c"',
    '"2026-11-22T12:00:00Z"',
    '"production"',
    '"https://kubernetes.default.svc"',
  ];
  return template
    .replace(/\{\{ if [^]*?\{\{ end \}\}/, () => values.shift()!)
    .replace(/\{\{[^}]*\}\}/g, () => values.shift()!);
}

const SENT: Array<{
  sender: string;
  body: unknown;
  headers?: Record<string, string>;
  entity?: string;
  shown: object;
}> = [
  {
    sender: 'github',
    body: status,
    headers: {
      'X-GitHub-Event': 'deployment_status',
      'X-GitHub-Delivery': '1',
    },
    entity: 'of-github',
    shown: {
      version: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e',
      environment: 'production',
      deployedAt: '2019-05-15T15:20:55.000Z',
    },
  },
  {
    sender: 'github-tags',
    body: status,
    headers: {
      'X-GitHub-Event': 'deployment_status',
      'X-GitHub-Delivery': '1',
    },
    entity: 'hello-world',
    shown: { version: 'master', environment: 'production' },
  },
  ...['gitlab', 'gitlab-token'].map(sender => ({
    sender,
    body: fixture('gitlab-deployment'),
    entity: 'of-gitlab',
    shown: {
      version: '279484c09fbe69ededfced8c1bb6e6d24616b468',
      environment: 'staging',
    },
  })),
  {
    sender: 'cdevents',
    body: deployed,
    entity: 'mysubject123',
    shown: { environment: 'test123', version: DIGEST, digest: DIGEST },
  },
  {
    sender: 'argo-cd',
    body: argoBody(),
    entity: 'argo-app',
    shown: {
      version: '0a1b2c',
      environment: 'production',
      physicalEnvironment: 'https://kubernetes.default.svc',
    },
  },
  {
    sender: 'flux',
    // The alert of the recipe adds its metadata.
    body: {
      ...flux,
      severity: 'info',
      reason: 'ReconciliationSucceeded',
      metadata: {
        ...flux.metadata,
        environment: 'production',
        cluster: 'eu',
        region: 'eu-west-1',
      },
    },
    entity: 'webapp',
    shown: {
      version: '731f7eaddfb6af01cb2173e18f0f75b0ba780ef1',
      environment: 'production',
      target: 'eu',
      physicalEnvironment: 'eu-west-1',
    },
  },
  {
    sender: 'azure-releases',
    body: fixture('azure-release-deployment'),
    entity: 'fabrikam',
    shown: { version: 'Release-1', environment: 'dev' },
  },
  {
    sender: 'azure-pipelines',
    body: fixture('azure-stage-state'),
    entity: 'test-ci',
    shown: { version: '2', environment: 'default' },
  },
  {
    sender: 'jenkins',
    body: fixture('jenkins-notification'),
    entity: 'asgard',
    shown: { version: '18', environment: 'production' },
  },
];

/** Those that are named by their service. */
const NAMES = [
  'hello-world',
  'mysubject123',
  'argo-app',
  'webapp',
  'fabrikam',
  'test-ci',
  'asgard',
];

const slugs = (github = 'none', gitlab = 'none') => ({ github, gitlab });

whereCdeventsAre('the recipes of docs/webhooks.md', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const senders = Object.fromEntries(
    Object.entries(sendersOfDocument()).map(signing),
  );
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  const hasEntities = (count: number) =>
    waitFor(async () => expect(await catalog.entities()).toHaveLength(count));

  beforeAll(async () => {
    registry = await startRegistry();
    registry.put('of-github', 'a', slugs('Codertocat/Hello-World'));
    registry.put(
      'of-gitlab',
      'a',
      slugs('none', 'root/test-deployment-webhooks'),
    );
    NAMES.forEach(name => registry.put(name, 'a', slugs()));
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        sources: {
          registry: {
            url: registry.url,
            ...SOON,
            id: 'serviceId',
            entity: {
              kind: 'Component',
              metadata: {
                name: '${{ serviceId }}',
                annotations: {
                  'github.com/project-slug': '${{ github }}',
                  'gitlab.com/project-slug': '${{ gitlab }}',
                },
              },
              spec: { type: 'service', lifecycle: 'a', owner: 'group:a' },
            },
          },
        },
        webhooks: {
          ...senders,
          held: { ...(senders.cdevents as object), hold: true },
        },
      },
    });
    await hasEntities(NAMES.length + 2);
  });

  afterAll(async () => {
    await catalog?.stop();
    await registry?.stop();
  });

  const post = (
    sender: string,
    body: unknown,
    headers: Record<string, string> = {},
  ) =>
    catalog.post(typeof body === 'string' ? body : JSON.stringify(body), {
      sender,
      sign:
        sender === 'gitlab'
          ? signStandard({ id: 'msg_1' })
          : text => ({
              [SIGNATURE_HEADERS[sender] ??
              'X-Catalog-Signature']: `sha256=${hex(String(text))}`,
            }),
      headers,
    });

  const settled = (id: string) =>
    waitFor(async () => {
      const { body } = await catalog.api(`GET /deliveries/${id}`);
      expect(body).toMatchObject({ settledAt: expect.any(String) });
      return body;
    });

  it('are in order as they stand there', () => {
    const webhooks = sendersOfDocument();
    webhooks.gitlab.secrets = [{ id: 'a', secret: WEBHOOK_KEY }];
    const config = new ConfigReader({ catalog: { customData: { webhooks } } });
    const settings = readCustomDataSettings(config, []);
    expect(checkSenders(settings).misconfiguredSenders).toEqual([]);
  });

  it('are each tried here', () => {
    expect(SENT.map(({ sender }) => sender).sort()).toEqual(
      Object.keys(senders).sort(),
    );
  });

  it.each(SENT)(
    'take what $sender sends',
    async ({ sender, body, headers, entity, shown }) => {
      const answer = await post(sender, body, headers);
      expect(answer).toMatchObject({ status: 202, body: {} });
      await settled(answer.body.id);
      const told = await catalog.api(`GET /deployments?sender=${sender}`);
      expect(told.body.items).toEqual([
        expect.objectContaining({
          entityRef: `component:default/${entity}`,
          ...shown,
        }),
      ]);
      await expect(post(sender, body, headers)).resolves.toMatchObject({
        status: 200,
        body: { id: answer.body.id },
      });
    },
  );

  it('shows what the annotation of a repository leads to on its entity', async () => {
    await waitFor(async () =>
      expect(await catalog.entity('of-github')).toMatchObject({
        metadata: {
          annotations: {
            'custom/deployed-version.production':
              'f95f852bd8fca8fcc58a9a2d6c842781e32a215e',
          },
        },
      }),
    );
  });

  it('finds deployments by their digest and by where they physically are', async () => {
    for (const query of [`digest=${DIGEST}`, `history=true&digest=${DIGEST}`]) {
      const { body } = await catalog.api(`GET /deployments?${query}`);
      expect(body.items).toMatchObject([{ sender: 'cdevents' }]);
    }
    const { body } = await catalog.api(
      'GET /deployments?physicalEnvironment=eu-west-1',
    );
    expect(body.items).toMatchObject([{ sender: 'flux' }]);
  });

  it('says which entities may be meant where a repository leads to none, and shows it once one is', async () => {
    registry.put('one', 'a', slugs('acme/two'));
    registry.put('other', 'a', slugs('acme/two'));
    registry.put('lonely', 'a', slugs());
    await hasEntities(NAMES.length + 5);
    const of = (repository: string) =>
      JSON.stringify(status).replaceAll('Codertocat/Hello-World', repository);
    const headers = { 'X-GitHub-Event': 'deployment_status' };
    const two = await post('github', of('acme/two'), headers);
    expect(await settled(two.body.id)).toMatchObject({
      state: 'unmatched',
      reason: expect.stringContaining(
        '"component:default/one", "component:default/other"',
      ),
    });
    const none = await post('github', of('acme/lonely'), headers);
    expect(await settled(none.body.id)).toMatchObject({
      state: 'unmatched',
      reason: expect.stringContaining(
        '"component:default/lonely" has its name',
      ),
    });

    registry.put('lonely', 'a', slugs('acme/lonely'));

    await waitFor(async () =>
      expect(await settled(none.body.id)).toMatchObject({ state: 'done' }),
    );
    const { body } = await catalog.api(
      'GET /deployments?entity=component:default/lonely',
    );
    expect(body.items).toMatchObject([{ service: 'lonely' }]);
  });

  it('takes a batch, and refuses what is wrong in it by its position', async () => {
    const bad = { ...deployed, subject: { id: 'a', content: {} } };
    const other = {
      ...deployed,
      context: { ...deployed.context, id: '2' },
      subject: { ...deployed.subject, id: 'of-github' },
    };
    const headers = { 'Content-Type': 'application/cloudevents-batch+json' };
    const batch = [other, bad, cdevent('published')].map(cloudEvent);

    const answer = await post('cdevents', batch, headers);

    expect(answer).toMatchObject({
      status: 202,
      body: {
        items: [
          { status: 202, id: expect.any(String) },
          {
            status: 400,
            error: {
              message: expect.stringContaining(
                'data.subject.content.artifactId: is required',
              ),
            },
          },
          { status: 202, state: 'ignored' },
        ],
      },
    });
    await settled(answer.body.items[0].id);
    await expect(post('cdevents', [batch[1]], headers)).resolves.toMatchObject({
      status: 400,
      body: { items: [{ status: 400 }] },
    });
    await expect(post('cdevents', batch, headers)).resolves.toMatchObject({
      body: { items: [{ status: 200 }, { status: 400 }, { status: 200 }] },
    });
  });

  it('holds what comes while a sender is paused, and processes it when it is resumed', async () => {
    await catalog.api('POST /senders/held/pause', { body: {} });
    const answer = await post('held', deployed);
    expect(answer).toMatchObject({ status: 202, body: { state: 'held' } });
    await expect(post('held', deployed)).resolves.toMatchObject({
      status: 200,
    });
    const { body } = await catalog.api('GET /deliveries?state=held');
    expect(body.items).toMatchObject([{ id: answer.body.id, attempts: 0 }]);

    await catalog.api('POST /senders/held/resume', { body: {} });

    expect(await settled(answer.body.id)).toMatchObject({ attempts: 1 });
  });

  it('leaves a ping of GitHub alone', async () => {
    const [ping] = githubExamples('ping');
    await expect(
      post('github', ping, { 'X-GitHub-Event': 'ping' }),
    ).resolves.toMatchObject({ status: 202, body: { state: 'ignored' } });
  });
});
