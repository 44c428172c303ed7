import { aSender } from '../../config/__testUtils__/aSender';
import { fixture, githubExamples } from './__testUtils__/fixtures';
import { headersOf } from './__testUtils__/headersOf';
import { createDialect } from './createDialect';

const now = () => new Date('2026-11-22T12:00:00Z');

async function read(
  mapping: Record<string, string>,
  value: unknown,
  { dialect = 'json', headers = {} } = {},
) {
  const { readBody } = createDialect({
    sender: aSender({ dialect, mapping }),
    now,
  });
  const body = Buffer.from(JSON.stringify(value));
  const { readings } = await readBody({ body, headers: headersOf(headers) });
  return readings[0];
}

const MAPPING = {
  event:
    '$lookup({"SUCCESS": "deployment.success", "FAILURE": "deployment.failure"}, build.status)',
  service: 'name',
  version: 'build.number',
  environment: '"production"',
  commit: 'build.scm.commit',
  url: 'build.full_url',
  id: 'build.full_url',
};

describe('a mapping', () => {
  const build = fixture('jenkins-notification');

  it('reads any JSON', async () => {
    expect(await read(MAPPING, build)).toEqual({
      type: 'ok',
      payload: JSON.stringify(build),
      externalId: 'http://localhost:8080/job/asgard/18/',
      event: {
        event: 'deployment.success',
        service: 'asgard',
        version: '18',
        environment: 'production',
        catalogRefresh: false,
        commit: 'c6d86dc654b12425e706bcf951adfe5a8627a517',
        url: 'http://localhost:8080/job/asgard/18/',
      },
    });
  });

  it('ignores what it gives no event for', async () => {
    const started = { ...build, build: { ...build.build, status: undefined } };
    expect(await read(MAPPING, started)).toMatchObject({
      type: 'ignored',
      reason: 'The mapping gives no event',
    });
  });

  it('names the expression that gives a wrong value', async () => {
    expect(
      await read(
        { ...MAPPING, environment: 'build.env', version: '[1]' },
        build,
      ),
    ).toEqual({
      type: 'invalid',
      message: expect.stringMatching(
        /mapping\.version: .*; mapping\.environment: is required/,
      ),
    });
  });

  it('says where an expression fails', async () => {
    expect(
      await read({ ...MAPPING, version: '$number(name)' }, build),
    ).toMatchObject({
      type: 'invalid',
      message: expect.stringMatching(
        /^mapping\.version: the expression "\$number\(name\)" .*fails: /,
      ),
    });
  });

  it('stops an expression without an end', async () => {
    const endless = '($f := function($x) { $f($x + 1) }; $f(0))';
    expect(await read({ ...MAPPING, version: endless }, build)).toMatchObject({
      type: 'invalid',
      message: expect.stringContaining('mapping.version'),
    });
  });

  it('replaces what another dialect reads', async () => {
    const [example] = githubExamples('deployment_status');
    const reading = await read(
      {
        service: 'repository.name',
        environment: '$lowercase(deployment.environment) & "-eu"',
      },
      example,
      {
        dialect: 'github',
        headers: { 'x-github-event': ['deployment_status'] },
      },
    );
    expect(reading).toMatchObject({
      event: {
        service: 'Hello-World',
        environment: 'production-eu',
        version: 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e',
      },
    });
  });
});
