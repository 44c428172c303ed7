import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';
import { DeliveriesPage } from './DeliveriesPage';

const delivery = {
  id: 'one',
  sender: 'ci',
  secretId: 'dev',
  dialect: 'catalog',
  event: {
    event: 'deployment.success',
    service: 'basket',
    version: 'v2',
    environment: 'production',
    target: 'eu',
    catalogRefresh: false,
  },
  state: 'dead',
  reason: 'the catalog did not answer',
  attempts: 7,
  receivedAt: '2026-11-22T12:00:00Z',
};
const list = {
  'GET /deliveries': { items: [delivery], totalItems: 1, pageInfo: {} },
};
const whole = {
  'GET /deliveries/one': {
    ...delivery,
    digest: '3a7b',
    headers: { 'user-agent': '<b>curl</b>' },
    payload: '{"event":"<script>alert(1)</script>"}',
    attemptList: [
      {
        attempt: 1,
        startedAt: '2026-11-22T12:00:00.000Z',
        endedAt: '2026-11-22T12:00:00.040Z',
        state: 'failed',
        reason: 'no answer',
      },
    ],
  },
};

const show = (
  answers: Parameters<typeof serveAnswers>[0],
  { at = '/' }: { at?: string } = {},
) => {
  const { api, calls } = serveAnswers(answers);
  renderInTestApp(<DeliveriesPage />, {
    apis: [api, mockApis.permission()],
    initialRouteEntries: [at],
  });
  return calls;
};

const findRow = async () =>
  (await screen.findByText('basket v2')).closest('tr')!;

describe('deliveries', () => {
  it('say what they told of, what became of it, and why', async () => {
    show(list);
    const row = await findRow();
    expect(row).toHaveTextContent('basket v2');
    expect(row).toHaveTextContent('deployed: production, eu');
    expect(row).toHaveTextContent('failed, given up');
    expect(row).toHaveTextContent('the catalog did not answer');
    expect(row).toHaveTextContent('7');
  });

  it('are narrowed down as the URL says', async () => {
    const calls = show(list, {
      at: '/?state=dead&service=basket&since=2026-11-22T00:00:00.000Z',
    });
    await findRow();
    expect(screen.getByLabelText('Service')).toHaveValue('basket');
    expect(decodeURIComponent(calls[0].call)).toBe(
      'GET /deliveries?state=dead&service=basket&since=2026-11-22T00:00:00.000Z&limit=20',
    );
  });

  it('are narrowed down by keyboard, and all shown again', async () => {
    const calls = show(list);
    await userEvent.type(await screen.findByLabelText('Sender'), 'ci{Enter}');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show all' }),
    );
    expect(await screen.findByLabelText('Sender')).toHaveValue('');
    expect(calls.map(({ call }) => call)).toEqual([
      'GET /deliveries?limit=20',
      'GET /deliveries?sender=ci&limit=20',
      'GET /deliveries?limit=20',
    ]);
  });

  it('say that there is nothing', async () => {
    show({ 'GET /deliveries': { items: [], totalItems: 0, pageInfo: {} } });
    expect(await screen.findByText('No delivery.')).toBeInTheDocument();
  });

  it('are not shown to somebody who may not see them', async () => {
    show({ 'GET /deliveries': refuse(403, 'NotAllowedError', 'a right') });
    expect(await screen.findByText('You may not see this')).toBeInTheDocument();
  });
});

describe('a delivery', () => {
  it('shows its attempts, headers and payload as text', async () => {
    show(whole, { at: '/?delivery=one' });
    expect(
      await screen.findByText('{"event":"<script>alert(1)</script>"}'),
    ).toBeInTheDocument();
    expect(screen.getByText('<b>curl</b>')).toBeInTheDocument();
    const attempt = screen.getByText('no answer').closest('tr')!;
    expect(attempt).toHaveTextContent('40 ms');
    expect(document.querySelector('pre script')).toBeNull();
  });

  it('is redelivered once the dialog was agreed to', async () => {
    const calls = show(
      {
        ...whole,
        'POST /deliveries/one/redeliver': { id: 'one' },
      },
      { at: '/?delivery=one' },
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Redeliver' }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('processed again');
    expect(calls).toHaveLength(1);
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Redeliver' }),
    );
    await screen.findByText('the catalog did not answer');
    expect(calls.map(({ call }) => call)).toEqual([
      'GET /deliveries/one',
      'POST /deliveries/one/redeliver',
      'GET /deliveries/one',
    ]);
  });
});

describe('a replay', () => {
  const dryRun = {
    hash: 'h1',
    count: 12,
    states: { dead: 12 },
    entities: [
      {
        entityRef: 'component:default/basket',
        environments: [
          {
            environment: 'production',
            before: { version: 'v1', deployedAt: '2026-11-22T12:00:00Z' },
            after: { version: 'v2', deployedAt: '2026-11-22T12:00:00Z' },
          },
        ],
      },
    ],
    hidden: 3,
  };
  const open = async () => {
    await userEvent.click(
      await screen.findByRole('button', { name: 'Replay these' }),
    );
    return screen.findByRole('dialog');
  };

  it('shows its dry run first, and replays what that selected', async () => {
    const calls = show(
      { ...list, 'POST /deliveries/replay': dryRun },
      { at: '/?state=dead' },
    );
    const dialog = await open();
    await within(dialog).findByText('12 deliveries are processed again:');
    expect(dialog).toHaveTextContent('4 entities would show another');
    expect(dialog).toHaveTextContent('production: v1 → v2');
    expect(dialog).toHaveTextContent('3 that you may not see');
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Replay these' }),
    );
    const [dry, replay] = calls
      .filter(({ call }) => call === 'POST /deliveries/replay')
      .map(({ body }) => body);
    const filter = { state: 'dead', until: expect.any(String) };
    expect(dry).toEqual({ filter, dryRun: true });
    expect(replay).toEqual({ ...(dry as object), dryRun: false, hash: 'h1' });
  });

  it('of nothing cannot be asked for', async () => {
    show({ ...list, 'POST /deliveries/replay': { ...dryRun, count: 0 } });
    const dialog = await open();
    await within(dialog).findByText(/selects no delivery/);
    expect(
      within(dialog).getByRole('button', { name: 'Replay these' }),
    ).toBeDisabled();
  });

  it('says why the backend refuses it', async () => {
    show({
      ...list,
      'POST /deliveries/replay': refuse(400, 'InputError', 'too large'),
    });
    const dialog = await open();
    expect(await within(dialog).findByText(/too large/)).toBeInTheDocument();
  });
});
