import type { RequestListener, ServerResponse } from 'node:http';
import type { AuthSettings, OAuth2Settings } from '../../config/request';
import { rejection, sourceError } from '../__testUtils__/fetchFrom';
import {
  closeServers,
  startServer,
  type TestServer,
} from '../__testUtils__/servers';
import { readText, sendJson, startSource } from '../__testUtils__/startSource';

afterEach(closeServers);

interface TokenServer extends TestServer {
  bodies: string[];
  auth: OAuth2Settings;
}

/** A token server that gives `t1`, `t2` … by default. */
async function startTokenServer(
  answer: (response: ServerResponse, count: number) => void = (
    response,
    count,
  ) =>
    sendJson(response, {
      access_token: `t${count}`,
      token_type: 'bearer',
      expires_in: 300,
    }),
): Promise<TokenServer> {
  const bodies: string[] = [];
  const server = await startServer(async (request, response) => {
    bodies.push(await readText(request));
    answer(response, bodies.length);
  });
  const auth: OAuth2Settings = {
    type: 'oauth2',
    tokenUrl: `${server.origin}/token`,
    clientId: 'id:1',
    clientSecret: 'hidden +ü',
    clientAuthentication: 'client_secret_basic',
  };
  return { ...server, bodies, auth };
}

const answering: RequestListener = (_, response) => sendJson(response, []);

/** Accepts only these tokens. */
const accepting =
  (...tokens: string[]): RequestListener =>
  (request, response) => {
    if (
      tokens.some(token => request.headers.authorization === `Bearer ${token}`)
    ) {
      sendJson(response, request.url === '/list' ? [] : {});
    } else {
      response.writeHead(401).end();
    }
  };

const sent = ({ requests }: TestServer) =>
  requests.map(({ headers }) => headers.authorization);

describe('auth', () => {
  it.each<[AuthSettings, string]>([
    [
      { type: 'basic', username: 'Aladdin', password: 'open sesame' },
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    ],
    [
      { type: 'basic', username: 'test', password: '123£' },
      'Basic dGVzdDoxMjPCow==',
    ],
    [{ type: 'bearer', token: 'abc' }, 'Bearer abc'],
  ])('sends %j for lists and single records', async (auth, header) => {
    const { server, list, read } = await startSource(
      (request, response) =>
        sendJson(response, request.url === '/list' ? [] : {}),
      { settings: { auth } },
    );

    await list();
    await read();
    expect(sent(server)).toEqual([header, header]);
  });

  it('does not retry with refused credentials', async () => {
    const { server, list } = await startSource(
      (_, response) => response.writeHead(401).end(),
      { settings: { auth: { type: 'bearer', token: 'abc' } } },
    );

    await expect(sourceError(list())).resolves.toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(1);
  });

  it('is not sent to another origin', async () => {
    const other = await startServer(answering);
    const tokens = await startTokenServer();
    const { list } = await startSource(
      (_, response) =>
        response.writeHead(307, { location: `${other.origin}/list` }).end(),
      { settings: { auth: tokens.auth } },
    );

    await expect(sourceError(list())).resolves.toMatchObject({
      code: 'redirect',
    });
    expect(other.requests).toEqual([]);
  });
});

describe('oauth2', () => {
  it('requests a token as RFC 6749 says', async () => {
    const tokens = await startTokenServer();
    const { server, list } = await startSource(answering, {
      settings: {
        auth: { ...tokens.auth, scope: 'a b', audience: 'https://x' },
        headers: { 'X-Key': 'not for the token server' },
      },
    });

    await list();
    const [request] = tokens.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        authorization: `Basic ${Buffer.from('id%3A1:hidden+%2B%C3%BC').toString(
          'base64',
        )}`,
      },
    });
    expect(request.headers).not.toHaveProperty('x-key');
    expect(tokens.bodies).toEqual([
      'grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fx',
    ]);
    expect(sent(server)).toEqual(['Bearer t1']);
  });

  it('keeps a token until a minute before it expires', async () => {
    const tokens = await startTokenServer();
    const { server, clock, list, read } = await startSource(
      accepting('t1', 't2'),
      { settings: { auth: tokens.auth } },
    );

    await list();
    clock.ms += 239_999;
    await read();
    clock.ms += 1;
    await list();
    expect(sent(server)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
    expect(tokens.requests).toHaveLength(2);
  });

  it('reads an expiry in quotes', async () => {
    const tokens = await startTokenServer((response, count) =>
      sendJson(response, { access_token: `t${count}`, expires_in: '300' }),
    );
    const { clock, list } = await startSource(answering, {
      settings: { auth: tokens.auth },
    });

    await list();
    clock.ms += 240_000;
    await list();
    expect(tokens.requests).toHaveLength(2);
  });

  it.each([undefined, null, 'soon', -1])(
    'keeps a token that expires in %j',
    async expires_in => {
      const tokens = await startTokenServer((response, count) =>
        sendJson(response, {
          access_token: `t${count}`,
          ...(expires_in !== undefined && { expires_in }),
        }),
      );
      const { clock, list } = await startSource(answering, {
        settings: { auth: tokens.auth },
      });

      await list();
      clock.ms += 1_000_000_000;
      await list();
      expect(tokens.requests).toHaveLength(1);
    },
  );

  it('requests one token for all requests that wait', async () => {
    const tokens = await startTokenServer();
    const { server, read } = await startSource(accepting('t1'), {
      settings: { auth: tokens.auth },
    });

    await Promise.all([read('a'), read('b'), read('c'), read('d'), read('e')]);
    expect(tokens.requests).toHaveLength(1);
    expect(server.requests).toHaveLength(5);
  });

  it('replaces a refused token once', async () => {
    const tokens = await startTokenServer();
    const { server, list, waits } = await startSource(accepting('t2'), {
      settings: { auth: tokens.auth },
    });

    await list();
    await list();
    expect(sent(server)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
    expect(waits).toEqual([]);
  });

  it.each([403, 503])('keeps a token when the API answers %d', async status => {
    const tokens = await startTokenServer();
    let requests = 0;
    const { server, list } = await startSource(
      (_, response) => {
        requests++;
        if (requests === 1) {
          response.writeHead(status, { 'retry-after': '0' }).end();
        } else {
          sendJson(response, []);
        }
      },
      { settings: { auth: tokens.auth } },
    );

    await list();
    expect(sent(server)).toEqual(['Bearer t1', 'Bearer t1']);
    expect(tokens.requests).toHaveLength(1);
  });

  it('fails when the new token is refused as well', async () => {
    const tokens = await startTokenServer();
    const { server, list } = await startSource(accepting(), {
      settings: { auth: tokens.auth },
    });

    await expect(sourceError(list())).resolves.toMatchObject({ status: 401 });
    expect(sent(server)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  it('requests one new token when several requests are refused', async () => {
    const tokens = await startTokenServer();
    const { read } = await startSource(accepting('t2'), {
      settings: { auth: tokens.auth },
    });

    await Promise.all([read('a'), read('b'), read('c')]);
    expect(tokens.requests).toHaveLength(2);
  });

  it('retries a transient failure of the token server', async () => {
    const tokens = await startTokenServer((response, count) =>
      count < 3
        ? response.writeHead(503, { 'retry-after': '2' }).end()
        : sendJson(response, { access_token: 'late', expires_in: 300 }),
    );
    const { server, list, waits } = await startSource(accepting('late'), {
      settings: { auth: tokens.auth },
    });

    await list();
    expect(waits).toEqual([2000, 4500]);
    expect(server.requests).toHaveLength(1);
  });

  it('sends the credentials in the body where the server wants that', async () => {
    const tokens = await startTokenServer();
    const { list } = await startSource(answering, {
      settings: {
        auth: { ...tokens.auth, clientAuthentication: 'client_secret_post' },
      },
    });

    await list();
    expect(tokens.requests[0].headers).not.toHaveProperty('authorization');
    expect(tokens.bodies).toEqual([
      'grant_type=client_credentials&client_id=id%3A1&client_secret=hidden+%2B%C3%BC',
    ]);
  });

  it('shows the error of the token server, without the secret that it repeats', async () => {
    const tokens = await startTokenServer((response, _) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: 'invalid_client',
          error_description: 'No client with the secret hidden +ü',
        }),
      );
    });
    const { list } = await startSource(answering, {
      settings: { auth: tokens.auth },
    });

    const error = await sourceError(list());
    expect(error.message).toContain(
      'answered 401 with "invalid_client"; check',
    );
    expect(error.message).not.toContain('No client');
    expect(error.said).toBe(
      '{"error":"invalid_client","error_description":"No client with the secret ***"}',
    );
  });

  it.each([400, 401, 404])(
    'fails when the token server answers %d',
    async status => {
      const tokens = await startTokenServer(response =>
        response.writeHead(status).end('{"error":"invalid_client"}'),
      );
      const { server, list, read } = await startSource(answering, {
        settings: { auth: tokens.auth },
      });

      const error = await sourceError(list());
      expect(error).toMatchObject({ code: 'status', status });
      expect(error.message).toContain(`POST ${tokens.auth.tokenUrl} answered`);
      // Even its 404 says nothing about the record.
      await expect(sourceError(read())).resolves.toMatchObject({ status });
      expect(tokens.requests).toHaveLength(2);
      expect(server.requests).toEqual([]);
    },
  );

  it.each([
    [[]],
    [{}],
    [{ access_token: '' }],
    [{ access_token: 5 }],
    [{ access_token: 'hidden\nX: y' }],
    [{ access_token: 'hidden', token_type: 'mac' }],
    [{ access_token: 'hidden', token_type: 5 }],
  ])('refuses %j as a token', async answer => {
    const tokens = await startTokenServer(response =>
      sendJson(response, answer),
    );
    const { server, list } = await startSource(answering, {
      settings: { auth: tokens.auth },
    });

    const error = await sourceError(list());
    expect(error.code).toBe('shape');
    expect(error.message).toContain('"auth.tokenUrl"');
    expect(error.message).not.toContain('hidden');
    expect(server.requests).toEqual([]);
  });

  it.each([301, 302, 303, 307])(
    'does not send the secret on after the redirect %d',
    async status => {
      const other = await startServer(answering);
      const tokens = await startTokenServer(response =>
        response.writeHead(status, { location: `${other.origin}/` }).end(),
      );
      const { list } = await startSource(answering, {
        settings: { auth: tokens.auth },
      });

      await expect(sourceError(list())).resolves.toMatchObject({
        code: 'redirect',
      });
      expect(other.requests).toEqual([]);
    },
  );

  it('gives the others their token when the first request aborts', async () => {
    const waiting: ServerResponse[] = [];
    const controller = new AbortController();
    const reason = new Error('stop');
    const tokens = await startTokenServer(response => {
      waiting.push(response);
      controller.abort(reason);
    });
    const { source, read } = await startSource(accepting('t'), {
      settings: { auth: tokens.auth },
    });

    const aborted = source.read({ recordId: 'a', signal: controller.signal });
    const other = read('b');
    await expect(rejection(aborted)).resolves.toBe(reason);
    sendJson(waiting[0], { access_token: 't', expires_in: 300 });
    await expect(other).resolves.toMatchObject({ type: 'record' });
    expect(tokens.requests).toHaveLength(1);
  });
});
