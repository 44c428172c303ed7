import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';
import {
  deliveriesRouteRef,
  integrationsRouteRef,
  rootRouteRef,
  sourcesRouteRef,
} from '../routes';
import { IntegrationsPage } from './IntegrationsPage';

const sender = {
  type: 'sender',
  name: 'ci',
  purpose: 'Reports what is deployed',
  state: 'active',
  kinds: [],
  namespaces: [],
  credentials: [
    {
      id: '2025-q1',
      firstSeenAt: '2025-01-01T00:00:00Z',
      ageDays: 400,
      dueAt: '2025-04-01T00:00:00Z',
      isDue: true,
    },
  ],
  counts: {},
  problems: { errors: 2, warnings: 1 },
  freshness: { ageSeconds: 9, expectedSeconds: 1, isStale: true },
  findings: [
    {
      code: 'dead-deliveries',
      severity: 'error',
      message: '<i>7</i> are dead',
    },
    { code: 'no-owner', severity: 'warning', message: 'Nobody is named' },
  ],
};

const show = (answer: Parameters<typeof serveAnswers>[0][string]) => {
  const { api, calls } = serveAnswers({ 'GET /integrations': answer });
  renderInTestApp(<IntegrationsPage />, {
    apis: [api],
    mountedRoutes: {
      '/data': rootRouteRef,
      '/data/sources': sourcesRouteRef,
      '/data/deliveries': deliveriesRouteRef,
      '/data/integrations': integrationsRouteRef,
    },
  });
  return calls;
};

describe('integrations', () => {
  it('show owners, credentials with their age, and findings by severity', async () => {
    const calls = show({ items: [sender], totalItems: 1, pageInfo: {} });
    const row = (await screen.findByText('ci')).closest('tr')!;
    for (const text of [
      'Sender: Reports what is deployed',
      'none',
      'active',
      'stale',
      '2 errors, 1 warnings',
      /2025-q1: 400 days old, was to be changed \d+ days ago/,
      'Error: <i>7</i> are dead',
      'Warning: Nobody is named',
    ]) {
      expect(row).toHaveTextContent(text);
    }
    expect(row.querySelector('i')).toBeNull();
    expect(calls[0].call).toBe('GET /integrations?limit=20');
  });

  it('lead to what a sender sent and to how a source is doing', async () => {
    const source = {
      ...sender,
      type: 'source',
      name: 'a&b',
      title: 'Registry',
    };
    show({ items: [sender, source], totalItems: 2, pageInfo: {} });
    expect(await screen.findByRole('link', { name: 'ci' })).toHaveAttribute(
      'href',
      '/data/deliveries?sender=ci',
    );
    expect(screen.getByRole('link', { name: 'Registry' })).toHaveAttribute(
      'href',
      '/data/sources?source=a%26b',
    );
  });

  it('say that there is nothing', async () => {
    show({ items: [], totalItems: 0, pageInfo: {} });
    expect(
      await screen.findByText('Nothing writes to the catalog.'),
    ).toBeVisible();
  });

  it('are not shown to somebody who may not see them', async () => {
    show(refuse(403, 'NotAllowedError', 'a right'));
    expect(await screen.findByText('You may not see this')).toBeVisible();
  });
});
