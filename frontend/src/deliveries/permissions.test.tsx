import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { screen } from '@testing-library/react';
import { serveAnswers } from '../__testUtils__/serveAnswers';
import { DeliveriesPage } from './DeliveriesPage';

// A file of its own, since answers about permissions are kept for seconds.
const delivery = {
  id: 'one',
  sender: 'ci',
  secretId: 'dev',
  dialect: 'catalog',
  state: 'dead',
  reason: 'the catalog did not answer',
  attempts: 7,
  receivedAt: '2026-11-22T12:00:00Z',
};

describe('somebody who may only read deliveries', () => {
  it.each([
    ['a list without replay', '/'],
    ['a delivery without redeliver', '/?delivery=one'],
  ])('sees %s', async (_, path) => {
    const { api } = serveAnswers({
      'GET /deliveries': { items: [delivery], totalItems: 1, pageInfo: {} },
      'GET /deliveries/one': {
        ...delivery,
        digest: '3a7b',
        headers: {},
        payload: '',
        attemptList: [],
      },
    });
    const authorize = AuthorizeResult.DENY;
    renderInTestApp(<DeliveriesPage />, {
      apis: [api, mockApis.permission({ authorize })],
      initialRouteEntries: [path],
    });
    expect(
      await screen.findByText('the catalog did not answer'),
    ).toBeInTheDocument();
    for (const name of ['Redeliver', 'Replay these']) {
      expect(screen.queryByRole('button', { name })).toBeNull();
    }
  });
});
