import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';
import { DeploymentsPage } from './DeploymentsPage';

const runs = (service: string, environment: string, rest: object = {}) => ({
  entityRef: `component:default/${service}`,
  service,
  environment,
  sender: 'ci',
  status: 'success',
  version: `${service}-${environment}`,
  deliveryId: `${service} ${environment} ${JSON.stringify(rest)}`,
  deployedAt: '2026-11-22T12:00:00Z',
  current: true,
  ...rest,
});
const page = (items: object[], nextCursor?: string) => ({
  items,
  pageInfo: { nextCursor },
});

const show = (
  answers: Parameters<typeof serveAnswers>[0],
  { at = '/' }: { at?: string } = {},
) => {
  const { api, calls } = serveAnswers(answers);
  renderInTestApp(<DeploymentsPage />, {
    apis: [api],
    initialRouteEntries: [at],
  });
  return calls;
};

const headers = async () =>
  (await screen.findAllByRole('columnheader')).map(each => each.textContent);
const rowOf = async (ref: string) =>
  (await screen.findByText(ref)).closest('tr')!;

describe('what runs where', () => {
  it('is a row for each service and a column for each environment', async () => {
    show({
      'GET /deployments': page([
        runs('basket', 'staging', { version: 'v3' }),
        runs('basket', 'production', { version: 'v1', target: 'eu' }),
        runs('basket', 'production', {
          version: 'v2',
          target: 'us',
          status: 'rollback',
        }),
        runs('basket', 'production', { version: 'v0', current: false }),
        runs('orders', 'staging', { version: 'v9' }),
      ]),
    });
    expect(await headers()).toEqual(['Service', 'production', 'staging']);
    const [, production, staging] = (
      await rowOf('component:default/basket')
    ).querySelectorAll('td, th');
    expect(production).toHaveTextContent(/eu: v1.*ago.*us: v2.*rolled back/);
    expect(production).not.toHaveTextContent('v0');
    expect(staging).toHaveTextContent('v3');
    expect(await rowOf('component:default/orders')).toHaveTextContent('v9');
  });

  it('shows a service in full where a page of the API ends within it', async () => {
    const first = page(
      [runs('basket', 'staging'), runs('orders', 'production')],
      'two',
    );
    const second = page([runs('orders', 'staging'), runs('risk', 'staging')]);
    const orders = page([
      runs('orders', 'production'),
      runs('orders', 'staging'),
    ]);
    const calls = show({
      'GET /deployments': ({ url }: Request) => {
        const { searchParams } = new URL(url);
        const pageAt = searchParams.has('cursor') ? second : first;
        return Response.json(searchParams.has('entity') ? orders : pageAt);
      },
    });
    const both = 'orders-productionorders-staging';
    const textOf = async () =>
      (await rowOf('component:default/orders')).textContent!.replace(
        /component:default.orders|\d+ \w+ ago/g,
        '',
      );
    expect(await textOf()).toBe(both);
    await userEvent.click(screen.getByRole('button', { name: /next/i }));
    await screen.findByText('component:default/risk');
    expect(await textOf()).toBe(both);
    expect(screen.queryByText('component:default/basket')).toBeNull();
    expect(calls.map(({ call }) => decodeURIComponent(call))).toEqual([
      'GET /deployments?limit=100',
      'GET /deployments?entity=component:default/orders&limit=100',
      'GET /deployments?cursor=two&limit=100',
      'GET /deployments?entity=component:default/orders&limit=100',
    ]);
  });

  it('opens the history of a cell by its version', async () => {
    const calls = show({
      'GET /deployments': ({ url }: Request) =>
        Response.json(
          page([
            url.includes('history')
              ? runs('basket', 'production', {
                  version: 'v0',
                  status: 'failure',
                  eventAt: '2026-11-22T12:00:00Z',
                  // eslint-disable-next-line no-script-url
                  url: 'javascript:alert(1)',
                })
              : runs('basket', 'production', { version: 'v1', target: 'eu' }),
          ]),
        ),
    });
    await userEvent.click(await screen.findByRole('link', { name: 'v1' }));
    const row = await rowOf('v0');
    expect(row).toHaveTextContent('failed');
    expect(row).toHaveTextContent(/script:alert/);
    expect(document.querySelector('a[href^=javascript]')).toBeNull();
    expect(decodeURIComponent(calls.at(-1)!.call)).toBe(
      'GET /deployments?limit=20&entity=component:default/basket&environment=production&target=eu&history=true',
    );
    await userEvent.click(screen.getByRole('link', { name: 'All services' }));
    expect(await screen.findByRole('link', { name: 'v1' })).toBeVisible();
  });

  it('says that there is nothing', async () => {
    show({ 'GET /deployments': page([]) });
    expect(await screen.findByText('No deployment.')).toBeVisible();
  });

  it('is not shown to somebody who may not see it', async () => {
    show({ 'GET /deployments': refuse(403, 'NotAllowedError', 'a right') });
    expect(await screen.findByText('You may not see this')).toBeVisible();
  });
});

describe('the figures of delivery', () => {
  const figure = {
    changes: 40,
    deployments: 36,
    failed: 5,
    deploymentsPerDay: 1.2,
    changeFailureRate: 0.125,
    medianTimeToRestoreSeconds: null,
    medianLeadTimeSeconds: 5400,
  };
  const summary = (items: object[]) => ({ by: 'environment', items });

  it('are charts that say their values in words too', async () => {
    show(
      {
        'GET /deployments/summary': summary([
          { environment: 'production', ...figure },
          { environment: '<b>staging</b>', ...figure, changeFailureRate: 0 },
        ]),
      },
      { at: '/?tab=figures' },
    );
    for (const name of [
      'Deployments a day: production 1.2, <b>staging</b> 1.2',
      'Deployments that failed: production 12.5%, <b>staging</b> 0%',
      'Median time to restore: production nothing to measure, <b>staging</b> nothing to measure',
      'Median time from commit to deployment: production 1.5 hours, <b>staging</b> 1.5 hours',
    ]) {
      expect(await screen.findByRole('img', { name })).toBeVisible();
    }
  });

  it('are those of the days and the sender in the URL', async () => {
    const calls = show(
      { 'GET /deployments/summary': summary([]) },
      { at: '/?tab=figures&days=7&sender=ci' },
    );
    expect(
      await screen.findByText('No deployment in this time.'),
    ).toBeVisible();
    const { searchParams } = new URL(calls[0].call.slice(4), 'http://backend');
    expect(searchParams.get('sender')).toBe('ci');
    const days =
      (Date.now() - Date.parse(searchParams.get('since')!)) / 86_400_000;
    expect(Math.round(days)).toBe(7);
  });
});
