import { aSender } from '../../config/__testUtils__/aSender';
import type { SenderSettings } from '../../config/sender';
import {
  cdevent,
  fixture,
  githubExamples,
  whereCdeventsAre,
} from './__testUtils__/fixtures';
import { headersOf } from './__testUtils__/headersOf';
import { readWith } from './__testUtils__/readWith';
import { createDialect } from './createDialect';
import type { BodyReading } from './dialect';

const now = () => new Date('2026-11-22T12:00:00Z');
const DIGEST =
  'sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427';

function reader(dialect: string, settings: Partial<SenderSettings> = {}) {
  const made = createDialect({
    sender: aSender({ dialect, ...settings }),
    now,
  });
  return (value: unknown, headers: NodeJS.Dict<string[]> = {}) =>
    readWith(made, Buffer.from(JSON.stringify(value)), headers);
}

describe('dialect github', () => {
  const read = reader('github');
  const headers = (event: string) => ({
    'x-github-event': [event],
    'x-github-delivery': ['72d3162e-cc78-11e3-81ab-4c9367dc0958'],
  });
  const [example] = githubExamples('deployment_status');
  const withState = (state: string, deployment = {}) => ({
    ...example,
    deployment: { ...example.deployment, ...deployment },
    deployment_status: { ...example.deployment_status, state },
  });

  it("reads GitHub's own example", () => {
    expect(read(example, headers('deployment_status'))).toEqual({
      type: 'ok',
      externalId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      payload: JSON.stringify(example),
      event: {
        event: 'deployment.success',
        service: 'Codertocat/Hello-World',
        repository: 'Codertocat/Hello-World',
        version: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e',
        commit: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e',
        environment: 'production',
        catalogRefresh: false,
        time: '2019-05-15T15:20:55.000Z',
      },
    });
  });

  it.each(githubExamples('deployment_status').map((value, i) => [i, value]))(
    'understands example %i of deployment_status',
    (_, value) => {
      expect(read(value, headers('deployment_status')).type).toBe('ok');
    },
  );

  it.each(githubExamples('deployment').map((value, i) => [i, value]))(
    'ignores example %i of deployment, which has not begun',
    (_, value) => {
      expect(read(value, headers('deployment'))).toMatchObject({
        type: 'ignored',
        reason: 'The deployment has not begun (created)',
      });
    },
  );

  it.each([
    ['success', 'deployment.success'],
    ['in_progress', 'deployment.started'],
    ['failure', 'deployment.failure'],
    ['error', 'deployment.failure'],
  ])('maps the state %s', (state, event) => {
    expect(read(withState(state), headers('deployment_status'))).toMatchObject({
      type: 'ok',
      event: { event },
    });
  });

  it.each(['pending', 'queued', 'waiting', 'inactive'])(
    'ignores the state %s, and says why',
    state => {
      expect(
        read(withState(state), headers('deployment_status')),
      ).toMatchObject({
        type: 'ignored',
        reason: expect.stringContaining(`(${state})`),
      });
    },
  );

  it('takes a transient environment off when it is made inactive', () => {
    const value = withState('inactive', { transient_environment: true });
    expect(read(value, headers('deployment_status'))).toMatchObject({
      event: { event: 'deployment.removed' },
    });
  });

  it('tells an unknown state as a mistake', () => {
    expect(read(withState('done'), headers('deployment_status'))).toMatchObject(
      { type: 'invalid', message: expect.stringContaining('event: ') },
    );
  });

  it.each([
    [{ service: 'payments', version: 'v2', target: 'eu', digest: DIGEST }],
    [
      '{"service":"payments","version":"v2","cluster":"eu","digest":"' +
        `${DIGEST}"}`,
    ],
  ])('reads what the deployment was created with: %j', given => {
    const value = withState('success', { payload: given });
    const reading = read(value, headers('deployment_status'));
    expect(reading).toMatchObject({
      event: {
        service: 'payments',
        version: 'v2',
        target: 'eu',
        digest: DIGEST,
      },
    });
    expect(reading).not.toHaveProperty('event.repository');
  });

  it('answers a ping, and leaves other events alone', () => {
    const [ping] = githubExamples('ping');
    expect(read(ping, headers('ping'))).toMatchObject({
      type: 'ignored',
      reason: 'GitHub\'s event "ping" is not about a deployment',
    });
    expect(read({}, headers('issues')).type).toBe('ignored');
    expect(read({}, headers('<b>'))).toMatchObject({
      reason: "GitHub's event of this name is not about a deployment",
    });
  });

  it('names what is wrong as GitHub does', () => {
    const value = withState('success', { sha: null, environment: 'a b' });
    value.deployment_status.environment = 'a b';
    expect(read(value, headers('deployment_status'))).toMatchObject({
      type: 'invalid',
      message: expect.stringMatching(
        /deployment\.sha: is required; deployment\.environment: /,
      ),
    });
    expect(read(example)).toEqual({
      type: 'invalid',
      message: 'X-GitHub-Event: is required',
    });
  });
});

describe('dialect gitlab', () => {
  const read = reader('gitlab');
  const example = fixture('gitlab-deployment');

  it("reads the example of GitLab's documentation", () => {
    const reading = read(example, { 'idempotency-key': ['f5e5f430'] });
    expect(reading).toEqual({
      type: 'ok',
      externalId: 'f5e5f430',
      payload: expect.any(String),
      event: {
        event: 'deployment.success',
        service: 'root/test-deployment-webhooks',
        repository: 'root/test-deployment-webhooks',
        version: '279484c09fbe69ededfced8c1bb6e6d24616b468',
        commit: '279484c09fbe69ededfced8c1bb6e6d24616b468',
        environment: 'staging',
        catalogRefresh: false,
        time: '2021-04-28T19:50:00.000Z',
        url: 'http://10.126.0.2:3000/root/test-deployment-webhooks/-/jobs/796',
      },
    });
  });

  it.each([
    ['running', 'deployment.started'],
    ['failed', 'deployment.failure'],
  ])('maps the status %s', (status, event) => {
    expect(read({ ...example, status })).toMatchObject({ event: { event } });
  });

  it.each(['created', 'blocked', 'approved', 'rejected', 'canceled'])(
    'ignores the status %s',
    status => {
      expect(read({ ...example, status }).type).toBe('ignored');
    },
  );

  it.each([
    ['2026-05-08T10:30:00.000Z', '2026-05-08T10:30:00.000Z'],
    ['2026-05-08 10:30:00 UTC', '2026-05-08T10:30:00.000Z'],
  ])('reads the time %s', (text, time) => {
    expect(read({ ...example, status_changed_at: text })).toMatchObject({
      event: { time },
    });
  });

  it('takes the slug where a name cannot be one of ours', () => {
    const environment = 'review/my-branch';
    const review = { environment, environment_slug: 'review-my-branch-a1b2c3' };
    expect(read({ ...example, ...review })).toMatchObject({
      event: { environment: 'review-my-branch-a1b2c3' },
    });
  });

  it('leaves other events alone', () => {
    expect(read({ object_kind: 'push' })).toMatchObject({
      type: 'ignored',
      reason: 'GitLab\'s event "push" is not about a deployment',
    });
  });
});

whereCdeventsAre('dialect cdevents', () => {
  const made = createDialect({ sender: aSender({ dialect: 'cdevents' }), now });
  const read = reader('cdevents');
  const deployed = cdevent('deployed');
  const withType = (type: string) => ({
    ...deployed,
    context: { ...deployed.context, type },
  });
  const cloudEvent = (data: unknown) => ({
    specversion: '1.0',
    id: deployed.context.id,
    source: deployed.context.source,
    type: deployed.context.type,
    datacontenttype: 'application/json',
    data,
  });
  const STRUCTURED = {
    'content-type': ['application/cloudevents+json; charset=utf-8'],
  };
  const event = {
    event: 'deployment.success',
    service: 'mySubject123',
    version: DIGEST,
    digest: DIGEST,
    environment: 'test123',
    catalogRefresh: false,
    time: '2023-03-20T14:27:05.315Z',
  };
  const externalId = '/event/source/123#271069a8-fc18-44f1-b38f-9d70a1695819';

  it('reads the document of the specification in binary mode', () => {
    const headers = {
      'ce-specversion': ['1.0'],
      'ce-id': [deployed.context.id],
      'ce-type': [deployed.context.type],
      'ce-source': [deployed.context.source],
      'content-type': ['application/json; charset=utf-8'],
    };
    expect(read(deployed, headers)).toMatchObject({ event, externalId });
  });

  it('reads it in structured mode', () => {
    expect(read(cloudEvent(deployed), STRUCTURED)).toMatchObject({
      event,
      externalId,
    });
    expect(read(cloudEvent('x'), STRUCTURED)).toEqual({
      type: 'invalid',
      message: 'data: must be a CDEvent, as an object',
    });
  });

  it('reads each of a batch', () => {
    const bad = { ...deployed, subject: { content: {} } };
    const body = [deployed, bad, cdevent('published')].map(cloudEvent);
    const { readings, isBatch } = made.readBody({
      body: Buffer.from(JSON.stringify(body)),
      headers: headersOf({
        'content-type': ['application/cloudevents-batch+json'],
      }),
    }) as BodyReading;
    expect(isBatch).toBe(true);
    expect(readings).toMatchObject([
      { type: 'ok', event, payload: JSON.stringify(body[0]) },
      {
        type: 'invalid',
        message: expect.stringMatching(
          /: data\.subject\.id: is required; data\.subject\.content\.artifactId: is required; data\.subject\.content\.environment\.id: is required/,
        ),
      },
      { type: 'ignored' },
    ]);
  });

  it.each(['0.1.0', '0.1.1', '0.2.0', '0.3.0', '0.3.0-draft'])(
    'reads version %s of an event',
    version => {
      const type = `dev.cdevents.service.deployed.${version}`;
      expect(read(withType(type))).toMatchObject({ event });
    },
  );

  it.each([
    ['upgraded', 'deployment.success'],
    ['rolledback', 'deployment.rollback'],
    ['removed', 'deployment.removed'],
  ])('maps service.%s', (predicate, name) => {
    const type = `dev.cdevents.service.${predicate}.0.3.0`;
    expect(read(withType(type))).toMatchObject({ event: { event: name } });
  });

  it('needs no artifact to remove a service', () => {
    const removed = withType('dev.cdevents.service.removed.0.3.0');
    const { environment } = deployed.subject.content;
    const subject = { id: 'daemonset/myapp', content: { environment } };
    expect(read({ ...removed, subject })).toMatchObject({
      event: { event: 'deployment.removed', service: 'myapp', version: '' },
    });
  });

  it('leaves other events alone, and refuses what is none', () => {
    expect(read(cdevent('published'))).toMatchObject({
      reason: 'A CDEvent "service.published" is not about a deployment',
    });
    expect(read(withType('dev.cdevents.build.finished.0.2.0')).type).toBe(
      'ignored',
    );
    expect(read({})).toMatchObject({
      type: 'invalid',
      message: expect.stringMatching(/^context\.type: must be/),
    });
  });

  it.each([
    [`pkg:oci/myapp@${encodeURIComponent(DIGEST)}?tag=v1.2`, 'v1.2', DIGEST],
    [
      'pkg:golang/mygit.com/myorg/myapp@234fd47e07d1',
      '234fd47e07d1',
      undefined,
    ],
    ['pkg:npm/%40acme/app@1.0.0#sub', '1.0.0', undefined],
    [
      'six-1.14.0-py2.py3-none-any.whl',
      'six-1.14.0-py2.py3-none-any.whl',
      undefined,
    ],
  ])('takes the version from %s', (artifactId, version, digest) => {
    const { subject } = deployed;
    const content = { ...subject.content, artifactId };
    const reading = read({ ...deployed, subject: { ...subject, content } });
    expect(reading).toMatchObject({ event: { version } });
    expect((reading as any).event.digest).toBe(digest);
  });
});

describe('dialect flux', () => {
  const read = reader('flux');
  const example = fixture('flux-event');
  const withMetadata = (metadata: object, rest = {}) => ({
    ...example,
    ...rest,
    metadata: { ...example.metadata, environment: 'production', ...metadata },
  });
  const SUCCESS = { severity: 'info', reason: 'ReconciliationSucceeded' };

  it("reads the example of Flux's specification", () => {
    expect(read(withMetadata({}))).toMatchObject({
      type: 'ok',
      event: {
        event: 'deployment.failure',
        service: 'webapp',
        version: '731f7eaddfb6af01cb2173e18f0f75b0ba780ef1',
        commit: '731f7eaddfb6af01cb2173e18f0f75b0ba780ef1',
        environment: 'production',
        time: '2022-10-28T07:26:19.000Z',
      },
    });
  });

  it('says what is missing where the alert has no environment', () => {
    expect(read(example)).toMatchObject({
      type: 'invalid',
      message: 'The event is not valid: metadata.environment: is required',
    });
  });

  it.each([
    ['ReconciliationSucceeded', 'deployment.success'],
    ['UpgradeSucceeded', 'deployment.success'],
    ['RollbackSucceeded', 'deployment.rollback'],
    ['UninstallSucceeded', 'deployment.removed'],
  ])('maps the reason %s', (reason, event) => {
    expect(read(withMetadata({}, { severity: 'info', reason }))).toMatchObject({
      event: { event },
    });
  });

  it.each([
    [
      'main@sha1:731f7eaddfb6af01cb2173e18f0f75b0ba780ef1',
      { commit: '731f7eaddfb6af01cb2173e18f0f75b0ba780ef1' },
    ],
    [`v1.2.3@${DIGEST}`, { version: 'v1.2.3', digest: DIGEST }],
    ['6.3.5', { version: '6.3.5' }],
  ])('reads the revision %s', (revision, event) => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/revision': revision };
    expect(read(withMetadata(metadata, SUCCESS))).toMatchObject({ event });
  });

  it('takes target, service and version from the metadata of the alert', () => {
    const metadata = { cluster: 'eu', service: 'shop', version: 'v9' };
    expect(read(withMetadata(metadata, SUCCESS))).toMatchObject({
      event: { target: 'eu', service: 'shop', version: 'v9' },
    });
  });

  it.each([
    [{ severity: 'info', reason: 'Progressing' }],
    [{ ...SUCCESS, involvedObject: { kind: 'GitRepository', name: 'a' } }],
    [{ severity: 'info', reason: '<b>' }],
  ])('leaves alone %j', rest => {
    expect(read(withMetadata({}, rest)).type).toBe('ignored');
  });
});
