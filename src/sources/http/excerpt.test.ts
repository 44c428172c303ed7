import { inspect } from 'node:util';
import { sourceError } from '../__testUtils__/fetchFrom';
import { closeServers } from '../__testUtils__/servers';
import { startSource } from '../__testUtils__/startSource';

afterEach(closeServers);

async function refusal(
  body: string,
  type: string | undefined = 'application/json',
  status = 403,
) {
  const { list } = await startSource(
    (_, response) => {
      response.writeHead(status, type ? { 'content-type': type } : {});
      response.end(body);
    },
    {
      settings: {
        method: 'POST',
        body: { tenant: 'secret-tenant' },
        query: { key: 'secret-key' },
        headers: { 'X-Key': 'secret-header' },
        auth: { type: 'basic', username: 'jane', password: 'secret"pass' },
      },
    },
  );
  return sourceError(list());
}

describe('what a server says when it refuses', () => {
  it.each([400, 401, 403])('is kept with %d, and not logged', async status => {
    const error = await refusal('{"reason":"no licence"}', undefined, status);

    expect(error.said).toBe('{"reason":"no licence"}');
    expect(error.message).not.toContain('licence');
    expect(inspect(error)).not.toContain('licence');
  });

  it('has no secret of the request in it', async () => {
    const basic = Buffer.from('jane:secret"pass').toString('base64');
    const { said } = await refusal(
      `secret-header, /list?key=secret-key, Basic ${basic}, ${JSON.stringify({
        password: 'secret"pass',
        tenant: 'secret-tenant',
      })}`,
      'text/plain',
    );
    expect(said).toBe(
      '***, /list?key=***, Basic ***, {"password":"***","tenant":"***"}',
    );
  });

  it('is cut, and its control characters are escaped', async () => {
    const { said } = await refusal(
      `a\r\nb\u001b[1m${'x'.repeat(300)}`,
      'text/plain',
    );
    expect(said).toMatch(/^a\\u000d\\u000ab\\u001b\[1mx+…$/);
    expect(said).toHaveLength(201);
  });

  it.each([
    ['HTML', '<p>no</p>', 'text/html', 403],
    ['nothing', ' ', 'text/plain', 403],
    ['anything with another status', 'no', 'text/plain', 404],
  ])('is left out if it is %s', async (_, body, type, status) => {
    const error = await refusal(body, type, status);
    expect(error.said).toBeUndefined();
  });
});
