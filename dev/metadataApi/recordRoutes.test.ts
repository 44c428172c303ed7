import { startTestApi, type TestApi } from './testing';

describe('/metadata', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(() => api.close());

  it.each([
    ['GET', '/metadata'],
    ['GET', '/metadata/payments-api'],
    ['PUT', '/metadata/payments-api'],
    ['DELETE', '/metadata/payments-api'],
  ])('answers 401 to %s %s without the token', async (method, path) => {
    const none = await fetch(`${api.url}${path}`, { method });
    const wrong = await fetch(`${api.url}${path}`, {
      method,
      headers: { Authorization: 'Bearer something else' },
    });

    expect([none.status, wrong.status]).toEqual([401, 401]);
    expect(api.state.records.size).toBe(2);
  });

  it('lists the services and reads one', async () => {
    const list = await api.request('/metadata');
    const single = await api.request('/metadata/shop-web');

    expect(await list.json()).toEqual({
      services: [
        { serviceId: 'payments-api', team: 'payments' },
        { serviceId: 'shop-web', team: 'storefront' },
      ],
    });
    expect(await single.json()).toEqual({
      serviceId: 'shop-web',
      team: 'storefront',
    });
  });

  it('answers 404 for a service that it does not have', async () => {
    expect((await api.request('/metadata/nowhere')).status).toBe(404);
  });

  it.each(['/metadata', '/metadata/payments-api'])(
    'answers 304 on %s until something changes there',
    async path => {
      const etag = (await api.request(path)).headers.get('etag')!;
      const ask = () => api.requestIfChanged(path, etag);

      expect(etag).toMatch(/^".+"$/);
      expect((await ask()).status).toBe(304);

      await api.send('PUT', '/metadata/payments-api', { team: 'money' });
      const changed = await ask();

      expect(changed.status).toBe(200);
      expect(changed.headers.get('etag')).not.toBe(etag);
    },
  );

  it('replaces a service, or makes it', async () => {
    const replaced = await api.send('PUT', '/metadata/shop-web', { team: 'x' });
    const made = await api.send('PUT', '/metadata/new-one', { team: 'y' });

    expect([replaced.status, made.status]).toEqual([200, 201]);
    expect([...api.state.records.values()]).toEqual([
      { serviceId: 'payments-api', team: 'payments' },
      { serviceId: 'shop-web', team: 'x' },
      { serviceId: 'new-one', team: 'y' },
    ]);
  });

  it('refuses a record whose serviceId is not the one in the path', async () => {
    const answer = await api.send('PUT', '/metadata/shop-web', {
      serviceId: 'other',
    });

    expect(answer.status).toBe(400);
  });

  it('answers a body that is not JSON with 400', async () => {
    const answer = await api.request('/metadata/shop-web', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: '{',
    });

    expect(answer.status).toBe(400);
  });

  it('removes a service once', async () => {
    const remove = () =>
      api.request('/metadata/shop-web', { method: 'DELETE' });

    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect([...api.state.records.keys()]).toEqual(['payments-api']);
  });
});
