import type { RequestListener } from 'node:http';
import { fetchFrom, sourceError } from '../__testUtils__/fetchFrom';
import {
  closeServers,
  startServer,
  writeForever,
} from '../__testUtils__/servers';

afterEach(closeServers);

/** Redirects from each path to a location, and answers all others. */
function redirecting(
  locations: Record<string, string | undefined>,
  status = 302,
): RequestListener {
  return (request, response) => {
    const [path] = request.url!.split('?');
    if (!(path in locations)) {
      response.setHeader('content-type', 'application/json');
      response.end('[]');
      return;
    }
    const location = locations[path];
    response.writeHead(status, location === undefined ? {} : { location });
    response.end('moved');
  };
}

const chain = (length: number) =>
  Object.fromEntries(
    Array.from({ length }, (_, index) => [`/${index}`, `/${index + 1}`]),
  );

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    'follows %d within the origin, with the same headers',
    async status => {
      const server = await startServer(
        redirecting({ '/old': '../new?page=1#top' }, status),
      );

      await expect(
        fetchFrom(`${server.origin}/old`, {
          headers: { Authorization: 'Bearer secret' },
          validators: { etag: '"a"' },
        }),
      ).resolves.toMatchObject({ type: 'json', value: [] });

      expect(server.requests.map(({ url }) => url)).toEqual([
        '/old',
        '/new?page=1',
      ]);
      expect(server.requests[1].headers).toMatchObject({
        authorization: 'Bearer secret',
        'if-none-match': '"a"',
      });
    },
  );

  it('follows five and no more', async () => {
    const five = await startServer(redirecting(chain(5)));
    await expect(fetchFrom(`${five.origin}/0`)).resolves.toMatchObject({
      type: 'json',
    });

    const six = await startServer(redirecting(chain(6)));
    const error = await sourceError(fetchFrom(`${six.origin}/0`));
    expect(error).toMatchObject({ code: 'redirect', status: 302 });
    expect(error.message).toContain('more than 5 times');
    expect(six.requests).toHaveLength(6);
  });

  it('closes the connection of a redirect whose body does not end', async () => {
    let written: Promise<void> | undefined;
    const server = await startServer((request, response) => {
      if (request.url === '/a') {
        response.writeHead(302, { location: '/b' });
        written = writeForever(response, 'x'.repeat(1000));
      } else {
        response.end('[]');
      }
    });

    await expect(fetchFrom(`${server.origin}/a`)).resolves.toMatchObject({
      type: 'json',
    });
    await expect(written).resolves.toBeUndefined();
  });

  it('refuses a loop', async () => {
    const server = await startServer(redirecting({ '/a': '/b', '/b': '/a' }));

    const error = await sourceError(fetchFrom(`${server.origin}/a`));

    expect(error).toMatchObject({ code: 'redirect', status: 302 });
    expect(error.message).toContain('more than 5 times');
    expect(server.requests).toHaveLength(6);
  });

  it('sends nothing to another origin, of which it names only the origin', async () => {
    const other = await startServer((_, response) => response.end('[]'));
    const server = await startServer(
      redirecting({ '/a': `${other.origin}/login?token=hidden` }),
    );

    const error = await sourceError(
      fetchFrom(`${server.origin}/a?key=hidden`, {
        headers: { Authorization: 'Bearer hidden' },
      }),
    );

    expect(error).toMatchObject({ code: 'redirect', status: 302 });
    expect(error.message).toBe(
      `Source "services": GET ${server.origin}/a redirected (302) to another origin, ${other.origin}, which is not followed; configure the URL that answers itself`,
    );
    expect(other.requests).toEqual([]);
  });

  it('refuses a change of scheme, host spelling or kind of URL', async () => {
    const server = await startServer((request, response) => {
      const port = new URL(`http://${request.headers.host}`).port;
      const location = {
        '/https': `https://127.0.0.1:${port}/`,
        '/host': `http://localhost:${port}/`,
        '/network-path': '//evil.example.com/',
        '/data': 'data:application/json,[]',
        '/user': `http://user:hidden@127.0.0.1:${port}/`,
      }[request.url!];
      response.writeHead(307, { location }).end();
    });

    for (const path of ['https', 'host', 'network-path', 'data', 'user']) {
      const error = await sourceError(fetchFrom(`${server.origin}/${path}`));
      expect(error.code).toBe('redirect');
      expect(error.message).not.toContain('hidden');
    }
    expect(server.requests).toHaveLength(5);
  });

  it.each([undefined, '', 'http://[', 'http://:0:0/'])(
    'refuses the location %j',
    async location => {
      const server = await startServer(redirecting({ '/a': location }));

      await expect(
        sourceError(fetchFrom(`${server.origin}/a`)),
      ).resolves.toMatchObject({
        code: 'redirect',
        message: expect.stringContaining('to an invalid URL'),
      });
    },
  );
});
