import { createFolders } from './__testUtils__/examples/createFolders';
import { examplePath } from './__testUtils__/examples/readExamples';
import { missingTools, runShell } from './__testUtils__/examples/runShell';
import {
  startAnswers,
  type ScriptedAnswer,
} from './__testUtils__/examples/startAnswers';
import { SECRETS } from './__testUtils__/examples/secrets';

const missing = missingTools(['bash', 'openssl', 'curl']);
const describeHere = missing.length > 0 ? describe.skip : describe;
const without = missing.length > 0 ? ` (without ${missing.join(', ')})` : '';

const ID = '3f1c0a52-0000-4000-8000-000000000000';
const TAKEN: ScriptedAnswer = { status: 202, body: `{"id":"${ID}"}` };

describeHere(`what examples/notify.sh makes of answers${without}`, () => {
  let folders: Awaited<ReturnType<typeof createFolders>>;
  let server: Awaited<ReturnType<typeof startAnswers>> | undefined;

  beforeEach(async () => {
    folders = await createFolders();
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await folders.remove();
  });

  const runAgainst = async (...answers: ScriptedAnswer[]) => {
    server = await startAnswers(answers);
    return runShell({
      command: ['bash', examplePath('notify.sh')],
      cwd: folders.cwd,
      env: {
        CATALOG_WEBHOOK_URL: server.url,
        CATALOG_WEBHOOK_SECRET: SECRETS.catalog,
        SERVICE: 'a',
        VERSION: 'v1',
        ENVIRONMENT: 'production',
        TMPDIR: folders.temporary,
      },
    });
  };

  it('tells the same under the same id until it is taken', async () => {
    const busy = { status: 503, body: '', headers: { 'Retry-After': '1' } };
    const result = await runAgainst(busy, TAKEN);

    expect(result).toEqual({ code: 0, stdout: `${ID}\n`, stderr: '' });
    const { requests } = server!;
    expect(requests).toHaveLength(2);
    expect(requests[1].body).toBe(requests[0].body);
    expect(requests[1].headers['x-catalog-delivery']).toBe(
      requests[0].headers['x-catalog-delivery'],
    );
  });

  it('does not wait where the signature would be too old by then', async () => {
    const result = await runAgainst({
      status: 503,
      body: '{"error":{"message":"The sender is paused"}}',
      headers: { 'Retry-After': '300' },
    });

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('answered 503, run it again later: ');
    expect(result.stderr).toContain('The sender is paused');
    expect(server!.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 413])('sends a %d once', async status => {
    const result = await runAgainst({ status, body: '{}' });

    expect(result.code).toBe(1);
    expect(server!.requests).toHaveLength(1);
  });

  it('does not take the page of something in front for an answer', async () => {
    const result = await runAgainst({
      status: 200,
      body: `<p>Sign in</p>\u001b[2J<p>{"id":"${ID}"}</p>`,
    });

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('look at CATALOG_WEBHOOK_URL');
    expect(result.stderr).not.toContain('\u001b');
    expect(await folders.leftovers()).toEqual([]);
  });

  it('says that it is not known where there is no answer', async () => {
    const result = await runAgainst('hang up');

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('nobody knows whether it was taken');
    expect(await folders.leftovers()).toEqual([]);
  });
});
