import { NotFoundError } from '@backstage/errors';
import type { SenderReport } from '../webhooks/SenderControl';
import { serveApi, type ServedApi, USER } from './__testUtils__/serveApi';

const reports = ['argo', 'ci', 'jenkins'].map(
  (name): SenderReport => ({
    name,
    state: 'active',
    dialect: 'catalog',
    entity: 'component:default/{service}',
    secrets: [{ id: '2026-q4', state: 'valid', overdue: false }],
  }),
);

describe('the routes of senders', () => {
  const list = jest.fn();
  const pause = jest.fn();
  const resume = jest.fn();
  let api: ServedApi;

  async function serve(allowed?: string[]) {
    api = await serveApi({ allowed, senderControl: { list, pause, resume } });
  }

  beforeEach(() => {
    jest.resetAllMocks();
    list.mockResolvedValue(reports);
  });

  afterEach(async () => {
    await api.stop();
  });

  it('lists senders, a page after the other', async () => {
    await serve(['catalog.ingestion.read']);
    const first = await api.call('GET /senders?limit=2');
    expect(first.body).toMatchObject({
      items: reports.slice(0, 2),
      totalItems: 3,
    });

    const { nextCursor } = first.body.pageInfo;
    await expect(
      api.call(`GET /senders?limit=2&cursor=${nextCursor}`),
    ).resolves.toEqual({
      status: 200,
      body: { items: [reports[2]], totalItems: 3, pageInfo: {} },
    });
  });

  it('shows senders to nobody else', async () => {
    await serve(['customData.sender.pause']);

    expect((await api.call('GET /senders')).status).toBe(403);
    expect((await api.call('GET /senders', { as: 'nobody' })).status).toBe(401);
    expect(list).not.toHaveBeenCalled();
  });

  it.each(['pause', 'resume'])('%ss a sender, audited', async action => {
    await serve(['customData.sender.pause']);

    await expect(api.call(`POST /senders/ci/${action}`)).resolves.toEqual({
      status: 204,
    });

    expect(action === 'pause' ? pause : resume).toHaveBeenCalledWith(
      'ci',
      USER,
    );
    expect(api.audited).toEqual([
      {
        eventId: `sender-${action}`,
        severityLevel: 'medium',
        meta: { sender: 'ci' },
        outcome: 'success',
      },
    ]);
  });

  it('pauses nothing for those who may not, and keeps that they tried', async () => {
    await serve(['catalog.ingestion.read']);

    expect((await api.call('POST /senders/ci/pause')).status).toBe(403);
    expect(pause).not.toHaveBeenCalled();
    expect(api.audited[0].outcome).toBe('NotAllowedError');
  });

  it('answers 404 for a sender that nobody knows', async () => {
    await serve();
    pause.mockRejectedValue(new NotFoundError('There is no sender "x"'));

    expect((await api.call('POST /senders/x/pause')).status).toBe(404);
  });
});
