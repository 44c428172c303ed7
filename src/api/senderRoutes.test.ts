import { aSender } from '../config/__testUtils__/aSender';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

describeSqlite('the routes of senders', tables => {
  let api: ServedApi;

  afterEach(async () => {
    await api.stop();
  });

  async function serve(allowed?: string[]) {
    const senders = ['jenkins', 'ci', 'argo'].map(name => aSender({ name }));
    api = await serveApi({ knex: tables.knex, senders, allowed });
  }
  const stateOf = async (name: string) =>
    (await api.call('GET /senders')).body.items.find(
      (sender: any) => sender.name === name,
    ).state;

  it('lists senders by name, page by page', async () => {
    await serve(['catalog.ingestion.read']);
    const first = await api.call('GET /senders?limit=2');
    expect(first.body).toMatchObject({
      items: [
        {
          name: 'argo',
          state: 'active',
          dialect: 'catalog',
          secrets: [expect.objectContaining({ state: 'valid' })],
        },
        { name: 'ci' },
      ],
      totalItems: 3,
    });
    expect(JSON.stringify(first.body)).not.toContain('"key"');

    const { nextCursor } = first.body.pageInfo;
    await expect(
      api.call(`GET /senders?limit=2&cursor=${nextCursor}`),
    ).resolves.toMatchObject({
      body: { items: [{ name: 'jenkins' }], totalItems: 3, pageInfo: {} },
    });
  });

  it('shows one sender, and names the one that there is not', async () => {
    await serve(['catalog.ingestion.read']);
    expect((await api.call('GET /senders/ci')).body).toMatchObject({
      name: 'ci',
      state: 'active',
    });
    const { status, body } = await api.call('GET /senders/cj');
    expect(status).toBe(404);
    expect(body.error.message).toContain('There is no sender "cj"');
  });

  it('shows senders only to callers with the permission', async () => {
    await serve(['customData.sender.pause']);

    expect((await api.call('GET /senders')).status).toBe(403);
    expect((await api.call('GET /senders', { as: 'nobody' })).status).toBe(401);
  });

  it('pauses and resumes a sender, audited', async () => {
    await serve();

    await expect(api.call('POST /senders/ci/pause')).resolves.toEqual({
      status: 204,
    });
    await expect(stateOf('ci')).resolves.toBe('paused');
    await expect(tables.knex('custom_data_senders')).resolves.toMatchObject([
      { sender: 'ci', paused_by: USER },
    ]);

    await expect(api.call('POST /senders/ci/resume')).resolves.toEqual({
      status: 204,
    });
    await expect(stateOf('ci')).resolves.toBe('active');
    expect(api.audited).toEqual(
      ['sender-pause', 'sender-resume'].map(eventId => ({
        eventId,
        severityLevel: 'medium',
        meta: { sender: 'ci' },
        outcome: 'success',
      })),
    );
  });

  it('pauses nothing without the permission, and audits the attempt', async () => {
    await serve(['catalog.ingestion.read']);

    expect((await api.call('POST /senders/ci/pause')).status).toBe(403);
    await expect(stateOf('ci')).resolves.toBe('active');
    expect(api.audited[0].outcome).toBe('NotAllowedError');
  });

  it('answers 404 for an unknown sender', async () => {
    await serve();
    expect((await api.call('POST /senders/x/pause')).status).toBe(404);
  });
});
