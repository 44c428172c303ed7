/*
 * Rows of docs/patterns.md: what the reference of catalog integration prints, as
 * it is printed, and what works in its place.
 */
import { describePatterns } from './__testUtils__/patterns/describePatterns';
import { READER, TOKEN } from './__testUtils__/patterns/startPortal';
import { waitFor } from './__testUtils__/waitFor';

const PAYMENTS = 'component/default/payments-api';
const WITH_TOKEN = ` -H "Authorization: Bearer ${TOKEN}"`;

describePatterns('the pitfalls and answers of the reference', world => {
  const { files, reference, untilEntity } = world;
  const problemsOf = async (source: string) => {
    const { body } = await world.portal.call(
      `GET /custom-data/sources/${source}/problems`,
    );
    return body.items;
  };
  const including = (...expected: object[]) =>
    expect.arrayContaining(expected.map(each => expect.objectContaining(each)));

  describe('pitfalls', () => {
    it('reports a circle of relations, or rejects it, and the catalog goes on', async () => {
      await waitFor(async () =>
        expect(await problemsOf('circle')).toEqual(
          including(
            { code: 'relation-cycle', severity: 'warning' },
            { code: 'relation-cycle', severity: 'warning' },
          ),
        ),
      );
      await untilEntity('circle-a');
      await waitFor(async () =>
        expect(await problemsOf('strict')).toEqual(
          including(
            { code: 'relation-cycle', severity: 'error' },
            { code: 'relation-cycle', severity: 'error' },
          ),
        ),
      );
      await untilEntity('strict-c');
    });

    it('leaves an API alone for as long as it asks', async () => {
      const { body } = await waitFor(async () => {
        const answer = await world.portal.call('GET /custom-data/sources/busy');
        expect(answer.body.retryAt).toBeDefined();
        return answer;
      });
      expect(body.attention).toMatchObject([{ code: expect.any(String) }]);
    });

    it('lets no record overwrite the entity of another', async () => {
      await waitFor(async () =>
        expect(await problemsOf('twins')).toEqual(
          including({ code: 'ref-taken', severity: 'error' }),
        ),
      );
    });

    it('gives a token no more than its permissions', async () => {
      const read = await world.portal.call(
        `GET /entities/by-name/${PAYMENTS}`,
        undefined,
        READER,
      );
      expect(read.status).toBe(200);
      const entity = {
        ...read.body,
        spec: { ...read.body.spec, owner: 'group:mine' },
      };
      const writes = await Promise.all([
        world.portal.call(`PUT /entities/by-name/${PAYMENTS}`, entity, READER),
        world.portal.call(
          'POST /custom-data/sources/services/sync',
          {},
          READER,
        ),
        world.portal.call(
          'POST /locations',
          { type: 'url', target: 'https://a.example/b.yaml' },
          READER,
        ),
      ]);
      expect(writes.map(({ status }) => status)).toEqual([403, 403, 403]);
    });

    it('rejects a record or a payload that does not conform, and no other', async () => {
      await waitFor(async () =>
        expect(await problemsOf('dirty')).toEqual(
          including({ recordId: 'dirty', severity: 'error' }),
        ),
      );
      await untilEntity('clean');
      const { status, body } = await world.portal.catalog.post({
        event: 'deployment.success',
      });
      expect(status).toBe(400);
      expect(body.error.message).toContain('service');
    });
  });

  describe('answers', () => {
    it('refuses a write that expects another revision, and keeps both versions', async () => {
      const path = 'entities/by-name/component/default/pushed';
      const entity = {
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Component',
        metadata: { name: 'pushed' },
        spec: { type: 'service', lifecycle: 'production', owner: 'team-a' },
      };
      expect((await world.portal.call(`PUT /${path}`, entity)).status).toBe(
        201,
      );
      files.addContent({ 'pushed.json': JSON.stringify(entity) });
      const { stdout } = await world.portal.run(
        `curl -s -X PUT \${CATALOG_BACKEND_URL}/api/catalog/${path} -H 'If-Match: "another"' -H 'Content-Type: application/json' -d @pushed.json${WITH_TOKEN}`,
      );
      expect(JSON.parse(stdout).response.statusCode).toBe(412);
      const { body } = await world.portal.call('GET /custom-data/conflicts');
      expect(body.items).toMatchObject([
        { entityRef: 'component:default/pushed' },
      ]);
    });

    it('describes its HTTP API for other callers than Backstage', async () => {
      const { stdout } = await world.portal.run(
        `curl -s \${CATALOG_BACKEND_URL}/api/catalog/custom-data/openapi.json${WITH_TOKEN} | jq -r '.openapi, (.paths | has("/webhooks/{sender}"))'`,
      );
      expect(stdout).toBe('3.1.0\ntrue\n');
    });

    it('brings a change by a webhook, between polls that are hours apart', async () => {
      world.portal.registry.put('orders-api', 'team-b');
      const { status } = await world.portal.catalog.post({
        event: 'deployment.success',
        service: 'orders-api',
        version: 'v9',
        catalog_refresh: true,
        metadata: { environment: 'production' },
      });
      expect(status).toBe(202);
      await waitFor(async () => {
        const { spec } = await untilEntity('orders-api');
        expect(spec.owner).toBe('group:team-b');
      });
      const lists = world.portal.registry.state.answers.filter(
        answer => answer === '/metadata 200',
      );
      expect(lists).toHaveLength(1);
    });

    it('takes webhooks from allowed addresses, signed over their bytes, and pushes into allowed namespaces', async () => {
      const payload = world.portal.fill(reference.blocks[3]);
      const fenced = await world.portal.catalog.post(payload, {
        sender: 'fenced',
      });
      const forged = await world.portal.catalog.post(`${payload} `, {
        sign: () => ({ 'X-Catalog-Signature': '0'.repeat(64) }),
      });
      expect([fenced.status, forged.status]).toEqual([401, 401]);
      const { status } = await world.portal.call(
        'PUT /entities/by-name/component/elsewhere/x',
        {},
      );
      expect(status).toBe(404);
    });
  });
});
