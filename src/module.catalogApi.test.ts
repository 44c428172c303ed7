import {
  createMockDirectory,
  mockCredentials,
  TestDatabases,
} from '@backstage/backend-test-utils';
import {
  CATALOG_REQUESTS,
  readCatalogOperations,
} from './__testUtils__/catalogDocument';
import { SENDER, startCatalog } from './__testUtils__/startCatalog';
import { waitFor } from './__testUtils__/waitFor';

/** No host that the catalog reads, so it stays without an entity. */
const LOCATION = 'https://example.com/known.yaml';

describe("the catalog's own API", () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const files = createMockDirectory();

  /** A catalog with two components, and how it answers, without what differs by chance. */
  const start = async (alone: boolean) => {
    const catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      alone,
      catalog: {
        locations: [{ type: 'file', target: files.resolve('all.yaml') }],
      },
      customData: {
        sources: {
          registry: { url: 'http://127.0.0.1:9/metadata', paused: true },
        },
        webhooks: { ci: SENDER },
      },
    });
    const call = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${catalog.url}${path}`, {
        method,
        body,
        headers: {
          Authorization: mockCredentials.service.header(),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
      });
      const text = await response.text();
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body:
          text.startsWith('{') || text.startsWith('[')
            ? JSON.parse(text)
            : text,
      };
    };
    const added = await call(
      'post',
      '/locations',
      JSON.stringify({ type: 'url', target: LOCATION }),
    );
    const ids = await waitFor(async () => {
      const { body: entities } = await call('get', '/entities');
      expect(entities).toHaveLength(3);
      const one = entities.find((each: any) => each.metadata.name === 'one');
      expect(one.relations).toHaveLength(1);
      return { UID: one.metadata.uid, LOCATION: added.body.location.id };
    });
    return { stop: catalog.stop, call, ids };
  };

  it('gives the answers and errors of each request that its document has, with the module and without', async () => {
    files.setContent({
      'all.yaml': ['one', 'two']
        .map(name =>
          JSON.stringify({
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Component',
            metadata: { name },
            spec: { type: 'service', lifecycle: 'production', owner: 'a' },
          }),
        )
        .join('\n---\n'),
    });
    const operations = readCatalogOperations().map(({ call }) => call);
    expect(Object.keys(CATALOG_REQUESTS).sort()).toEqual(operations.sort());
    // What the module adds at the catalog's paths, the catalog does not have.
    expect(operations).not.toContain(
      'put /entities/by-name/{kind}/{namespace}/{name}',
    );
    const backends = await Promise.all([start(false), start(true)]);
    const requests = Object.entries(CATALOG_REQUESTS).flatMap(
      ([operation, calls]) =>
        calls.map(([path, body]) => ({
          method: operation.split(' ')[0],
          path,
          body,
        })),
    );
    const statuses: Record<number, number> = {};
    for (const { method, path, body } of requests) {
      const [withModule, without] = await Promise.all(
        backends.map(async ({ call, ids }) => {
          const filled = path.replace(/UID|LOCATION/, id => ids[id as 'UID']);
          return withoutChance(await call(method, filled, body));
        }),
      );
      expect({ method, path, body, answer: withModule }).toEqual({
        method,
        path,
        body,
        answer: without,
      });
      statuses[without.status] = (statuses[without.status] ?? 0) + 1;
    }
    expect(statuses).toMatchObject({
      200: expect.any(Number),
      400: expect.any(Number),
      404: expect.any(Number),
      409: 1,
    });
    await Promise.all(backends.map(({ stop }) => stop()));
  });
});

const CHANCE = /[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{40}/g;

/** An answer without ids, tags, cursors, and the order that the catalog leaves open. */
function withoutChance<T>(answer: T): T {
  return JSON.parse(JSON.stringify(answer), (key, value) => {
    if (/^(nextCursor|prevCursor|etag)$/.test(key)) {
      return `some ${key}`;
    }
    if (Array.isArray(value)) {
      const keyed = value.map(each => [JSON.stringify(each), each]);
      return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
    }
    return typeof value === 'string' ? value.replace(CHANCE, 'some id') : value;
  });
}
