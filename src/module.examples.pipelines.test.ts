import { TestDatabases } from '@backstage/backend-test-utils';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { gitHubContext } from './__testUtils__/examples/gitHubContext';
import {
  examplePath,
  readBlocks,
  readExample,
  readGitHubStep,
  readGitLabScript,
  readJenkinsStep,
} from './__testUtils__/examples/readExamples';
import { missingTools, runShell } from './__testUtils__/examples/runShell';
import { ODD, SECRETS } from './__testUtils__/examples/secrets';
import { startReceivers } from './__testUtils__/examples/startReceivers';
import { waitFor } from './__testUtils__/waitFor';
import { Issuer, JOB_TOKEN } from './webhooks/__testUtils__/Issuer';

const missing = missingTools(['bash', 'openssl', 'curl', 'jq']);
const describeHere = missing.length > 0 ? describe.skip : describe;
const without = missing.length > 0 ? ` (without ${missing.join(', ')})` : '';

const WORKFLOW = readExample('github-actions.yml');
const KEYLESS = readExample('github-oidc.yml');
const GITHUB = {
  page: 'webhooks.md',
  heading: 'A workflow for GitHub Actions',
};
const CURL = { page: 'webhooks.md', heading: 'With curl and openssl' };

/** The sender that the comment of the workflow shows, of another issuer. */
function keylessSender(issuer: string) {
  const lines = KEYLESS.split('\n').filter(line => line.startsWith('#   '));
  const config = parse(lines.map(line => line.slice(4)).join('\n'));
  const { github } = config.catalog.customData.webhooks;
  const { all, jwt } = github.verify;
  return { verify: { all, jwt: { ...jwt, issuer } } };
}

describeHere(`the pipelines in examples/${without}`, () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let receivers: Awaited<ReturnType<typeof startReceivers>>;
  let secrets: Record<string, string>;
  let issuer: Issuer;

  beforeAll(async () => {
    issuer = await Issuer.start();
    issuer.now = new Date();
    receivers = await startReceivers({
      knex: await databases.init('SQLITE_3'),
      services: ['on-github', 'on-gitlab', 'payments-api', 'payments'],
      webhooks: { github: keylessSender(issuer.url) },
    });
    secrets = {
      CATALOG_WEBHOOK_URL: receivers.urlOf('catalog'),
      CATALOG_WEBHOOK_SECRET: SECRETS.catalog,
    };
    const { cwd } = receivers;
    await mkdir(join(cwd, 'ci'));
    await mkdir(join(cwd, 'examples'));
    for (const copy of ['ci/notify-catalog.sh', 'examples/notify.sh']) {
      await copyFile(examplePath('notify.sh'), join(cwd, copy));
    }
    await writeFile(join(cwd, 'deploy.sh'), '#!/bin/sh\n', { mode: 0o755 });
  });

  afterAll(async () => {
    await receivers?.stop();
    await issuer?.stop();
  });

  const run = (command: string[], env: Record<string, string>) =>
    runShell({ command, env, cwd: receivers.cwd });

  const versionIn = (environment: string) =>
    `custom/deployed-version.${environment}`;

  describe('github-actions.yml', () => {
    const contextOf = (runNumber: number, deployment?: object) =>
      gitHubContext({ secrets, runNumber, deployment });
    const runStep = (context: object) => {
      const { script, env } = readGitHubStep(WORKFLOW, context);
      // What `shell: bash` stands for.
      const options = ['--noprofile', '--norc', '-eo', 'pipefail'];
      return run(['bash', ...options, '-c', script], env);
    };

    it('tells of each status once, the latest run counts', async () => {
      const second = await runStep(contextOf(2));
      const first = await runStep(contextOf(1));
      const again = await runStep(contextOf(2));

      expect([second, first, again]).toMatchObject([
        { code: 0 },
        { code: 0 },
        { code: 0, stdout: second.stdout },
      ]);
      await receivers.expectHistory('on-github', [
        { version: 'sha-1', sequence: 1 },
        {
          version: 'sha-2',
          sequence: 2,
          commit: 'sha-2',
          eventAt: '2026-11-22T12:00:00.000Z',
          url: 'https://github.com/acme/on-github/actions/runs/4202',
        },
      ]);
      await receivers.expectAnnotation(
        'on-github',
        versionIn('production'),
        'sha-2',
      );
    });

    it('runs nothing that a value says, and fails where it is refused', async () => {
      const { code, stdout } = await runStep(
        contextOf(3, { sha: ODD, environment: '$(touch pwned)' }),
      );

      expect(code).not.toBe(0);
      expect(JSON.parse(stdout).error.message).toMatch(/metadata.environment:/);
      expect((await run(['ls'], {})).stdout).not.toContain('pwned');
    });

    it('needs no permission, and has no expression in its script', () => {
      const { permissions, jobs } = parse(WORKFLOW);
      expect(permissions).toEqual({});
      expect(jobs['notify-catalog'].if).toBe(
        "github.event.deployment_status.state == 'success'",
      );
      expect(jobs['notify-catalog'].steps[0].run).not.toContain('${{');
    });

    it('is what the documentation shows', () => {
      expect(readBlocks({ ...GITHUB, language: 'yaml' })).toEqual([WORKFLOW]);
    });
  });

  describe('github-oidc.yml', () => {
    const runStep = (more: Record<string, string> = {}) => {
      const context = gitHubContext({
        secrets: { CATALOG_WEBHOOK_URL: receivers.urlOf('github') },
        runNumber: 1,
        repository: 'payments',
      });
      const { script, env } = readGitHubStep(KEYLESS, context);
      return run(
        ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
        {
          ...env,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: JOB_TOKEN,
          // GitHub's has a query, too.
          ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/request-token?api-version=2.0`,
          ...more,
        },
      );
    };

    it('tells of a deployment without a secret, and once', async () => {
      const results = [await runStep(), await runStep()];
      expect(results).toMatchObject([
        { code: 0 },
        { code: 0, stdout: results[0].stdout },
      ]);
      await receivers.expectHistory('payments', [{ version: 'sha-1' }]);
    });

    it('fails where its token is of another repository than its service', async () => {
      const { code, stdout } = await runStep({ SERVICE: 'on-github' });
      expect(code).not.toBe(0);
      expect(stdout).toContain('claim \\"repository\\" is of another');
    });

    it('asks for the permission to get a token, and for no other', () => {
      expect(parse(KEYLESS).permissions).toEqual({ 'id-token': 'write' });
    });
  });

  describe('redeliver-github.sh', () => {
    /** Plays `gh`: prints a list with jq, as it does, and writes down what it is asked to do. */
    const GH = `#!/usr/bin/env bash
if [[ $2 == --paginate ]]; then jq -r "$5" deliveries.json; else echo "$5" >> asked.txt; fi
`;
    const hook = 'repos/acme/payments/hooks/123456';
    const runScript = (name: string) =>
      run(['bash', examplePath('redeliver-github.sh'), name], {
        PATH: `${join(receivers.cwd, 'bin')}:${process.env.PATH}`,
      });

    it('asks for what failed and did not succeed later, the oldest first', async () => {
      await mkdir(join(receivers.cwd, 'bin'));
      await writeFile(join(receivers.cwd, 'bin/gh'), GH, { mode: 0o755 });
      const deliveries = [
        { guid: 'c', id: 5, status_code: 0 },
        { guid: 'a', id: 4, status_code: 202 },
        { guid: 'b', id: 3, status_code: 503 },
        { guid: 'b', id: 2, status_code: 502 },
        { guid: 'a', id: 1, status_code: 500 },
      ];
      await writeFile(
        join(receivers.cwd, 'deliveries.json'),
        JSON.stringify(deliveries),
      );

      expect(await runScript(hook)).toMatchObject({
        code: 0,
        stdout: 'asked for 2 deliveries\n',
      });
      expect((await run(['cat', 'asked.txt'], {})).stdout).toBe(
        `${hook}/deliveries/3/attempts\n${hook}/deliveries/5/attempts\n`,
      );
    });

    it('takes the path of a webhook, and nothing else', async () => {
      expect(await runScript('repos/acme/payments')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('give a webhook'),
      });
    });
  });

  it('gitlab-ci.yml tells of a job, and of an older one that is run again', async () => {
    const script = readGitLabScript(
      readExample('gitlab-ci.yml'),
      'deploy-production',
    );
    const runJob = (id: string, more: Record<string, string>) =>
      run(['bash', '-c', script], {
        ...secrets,
        CI_PROJECT_NAME: 'on-gitlab',
        CI_COMMIT_SHA: `sha-${id}`,
        CI_COMMIT_TIMESTAMP: '2026-11-22T10:00:00+01:00',
        CI_ENVIRONMENT_NAME: 'production',
        CI_JOB_URL: `https://gitlab.example.com/jobs/${id}`,
        CI_JOB_ID: id,
        ...more,
      });

    expect(await runJob('10', { CI_COMMIT_TAG: 'v1' })).toMatchObject({
      code: 0,
    });
    expect(await runJob('11', { CI_COMMIT_TAG: 'v2' })).toMatchObject({
      code: 0,
    });
    expect(await runJob('12', {})).toMatchObject({ code: 0 });

    await receivers.expectHistory('on-gitlab', [
      {
        version: 'sha-12',
        commit: 'sha-12',
        url: 'https://gitlab.example.com/jobs/12',
      },
      { version: 'v2' },
      { version: 'v1' },
    ]);
    await receivers.expectAnnotation(
      'on-gitlab',
      versionIn('production'),
      'sha-12',
    );
    expect(await runJob('13', { CI_ENVIRONMENT_NAME: 'test' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answered 403'),
    });
  });

  it('Jenkinsfile tells of a build, once, and hides its secret from the trace', async () => {
    const { script, env } = readJenkinsStep(readExample('Jenkinsfile'));
    const runBuild = (number: string) =>
      // Jenkins traces every script.
      run(['sh', '-xe', '-c', script], {
        ...env,
        ...secrets,
        GIT_COMMIT: `sha-${number}`,
        BUILD_NUMBER: number,
        BUILD_TAG: `jenkins-a b.c/d%2F${number}`,
        BUILD_URL: `https://jenkins.example.com/job/a/${number}/`,
      });
    const builds = [await runBuild('8'), await runBuild('8')];

    expect(builds).toMatchObject([
      { code: 0 },
      { code: 0, stdout: builds[0].stdout },
    ]);
    expect(builds[0].stderr).toContain('+ bash ci/notify-catalog.sh');
    expect(builds[0].stderr).not.toContain(SECRETS.catalog.slice(0, 12));
    await receivers.expectHistory('payments-api', [
      {
        deliveryId: builds[0].stdout.trim(),
        version: 'sha-8',
        sequence: 8,
        url: 'https://jenkins.example.com/job/a/8/',
      },
    ]);
  });

  describe('docs/webhooks.md', () => {
    const paste = (block: string, env: Record<string, string> = {}) =>
      run(['bash', '-c', block], {
        ...secrets,
        VERSION: ODD,
        RUN_ID: '17',
        ...env,
      });

    it('has blocks that work as they are', async () => {
      const [timed, bare, ...more] = readBlocks({ ...CURL, language: 'sh' });
      const first = await paste(timed);
      // The same bytes, from the event.json that the first has left.
      const second = await paste(bare, {
        CATALOG_WEBHOOK_URL: receivers.urlOf('body'),
      });
      const [script, ...others] = readBlocks({
        page: 'webhooks.md',
        heading: 'Examples',
        language: 'sh',
      });
      const third = await paste(script);

      expect([first, second, third]).toMatchObject([
        { code: 0 },
        { code: 0 },
        { code: 0 },
      ]);
      expect([...more, ...others]).toEqual([]);
      for (const { stdout } of [first, second]) {
        const { body } = await receivers.api(
          `GET /deliveries/${JSON.parse(stdout).id}`,
        );
        expect(body.event).toMatchObject({ version: ODD });
      }
    });

    it.each([
      ['with the secret', '"$KEY"'],
      ['with another placeholder', `'\${WEBHOOK_SECRET}'`],
    ])(
      'tells the operator of a placeholder that was signed: %s',
      async (_, secret) => {
        receivers.logger.warn.mockClear();
        const script = `curl -s "$CATALOG_WEBHOOK_URL" \\
        -H "X-Catalog-Signature: $(echo -n '\${PAYLOAD}' | openssl dgst -sha256 -hmac ${secret} | awk '{print $2}')" \\
        -d '{ "event": "deployment.success", "service": "payments-api" }'`;
        const url = { CATALOG_WEBHOOK_URL: receivers.urlOf('body') };
        // The log takes one line a second.
        await waitFor(async () => {
          const answer = await paste(script, { ...url, KEY: SECRETS.catalog });
          expect(JSON.parse(answer.stdout).response.statusCode).toBe(401);
          expect(JSON.stringify(receivers.logger.warn.mock.calls)).toContain(
            'literal-placeholder-signed',
          );
        });
      },
    );
  });
});
