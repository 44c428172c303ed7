import { serveApi, type ServedApi } from './__testUtils__/serveApi';

describe('the routes of schemas', () => {
  let api: ServedApi;
  afterEach(() => api.stop());

  async function serve(allowed: string[] = ['catalog.entity.validate']) {
    api = await serveApi({ allowed });
  }

  it('lists what the catalog holds entities to, page by page', async () => {
    await serve();
    const { body } = await api.call('GET /schemas?limit=4');
    expect(body).toEqual({
      items: [
        {
          name: 'API.v1alpha1',
          kind: 'API',
          apiVersion: 'backstage.io/v1alpha1',
          href: '/api/catalog/custom-data/schemas/API.v1alpha1',
        },
        expect.objectContaining({ name: 'API.v1beta1' }),
        expect.objectContaining({ name: 'Component.v1alpha1' }),
        expect.objectContaining({ name: 'Component.v1beta1' }),
      ],
      totalItems: 17,
      pageInfo: { nextCursor: expect.any(String) },
    });
    const { nextCursor } = body.pageInfo;
    const next = await api.call(`GET /schemas?cursor=${nextCursor}`);
    expect(next.body.items.map(({ name }: any) => name)).toEqual([
      'Domain.v1alpha1',
      'Domain.v1beta1',
      'Entity',
      'Group.v1alpha1',
      'Group.v1beta1',
      'Location.v1alpha1',
      'Location.v1beta1',
      'Resource.v1alpha1',
      'Resource.v1beta1',
      'System.v1alpha1',
      'System.v1beta1',
      'User.v1alpha1',
      'User.v1beta1',
    ]);
  });

  it('gives a schema as it stands', async () => {
    await serve();
    const { body } = await api.call('GET /schemas/Component.v1alpha1');
    expect(body).toMatchObject({
      $schema: expect.stringContaining('draft-07'),
      properties: {
        kind: { const: 'Component' },
        spec: { required: ['type', 'lifecycle', 'owner'] },
      },
    });
  });

  it('names the nearest and the known ones for one that there is not', async () => {
    await serve();
    const { status, body } = await api.call('GET /schemas/Componet.v1alpha1');
    expect(status).toBe(404);
    expect(body.error.message).toMatch(
      /^There is no schema "Componet.v1alpha1"; did you mean "Component.v1alpha1"\? Known are "API.v1alpha1", .*"User.v1beta1"$/,
    );
    const far = await api.call('GET /schemas/component');
    expect(far.body.error.message).toMatch(
      /^There is no schema "component"; known are "API.v1alpha1", .*"User.v1beta1"$/,
    );
  });

  it('shows schemas to callers who may validate entities', async () => {
    await serve(['catalog.ingestion.read']);
    for (const call of ['GET /schemas', 'GET /schemas/Entity']) {
      expect((await api.call(call)).status).toBe(403);
      expect((await api.call(call, { as: 'nobody' })).status).toBe(401);
    }
  });
});
