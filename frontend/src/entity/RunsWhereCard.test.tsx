import { renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen } from '@testing-library/react';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';
import { deploymentsRouteRef } from '../routes';
import { RunsWhereCard } from './RunsWhereCard';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'basket' },
};
const runs = (environment: string, rest: object = {}) => ({
  entityRef: 'component:default/basket',
  service: 'basket',
  environment,
  sender: 'ci',
  status: 'success',
  version: 'v1',
  deliveryId: `${environment} ${JSON.stringify(rest)}`,
  deployedAt: '2026-11-22T12:00:00Z',
  current: true,
  ...rest,
});

const show = (answer: object) => {
  const { api, calls } = serveAnswers({ 'GET /deployments': answer });
  renderInTestApp(
    <EntityProvider entity={entity}>
      <RunsWhereCard />
    </EntityProvider>,
    {
      apis: [api],
      mountedRoutes: { '/data/deployments': deploymentsRouteRef },
    },
  );
  return calls;
};
const rowOf = async (environment: string) =>
  (await screen.findByRole('rowheader', { name: environment })).closest('tr')!;

describe('the card of what runs where', () => {
  it('has the version, the time and the sender of each environment and target', async () => {
    const calls = show({
      items: [
        runs('staging', { version: 'v2', status: 'rollback' }),
        runs('production', { target: 'eu', sender: 'argo' }),
        runs('production', { version: 'v0', current: false }),
      ],
      pageInfo: {},
    });
    expect(await rowOf('staging')).toHaveTextContent(/v2rolled back.*ago.*ci/);
    expect(await rowOf('production eu')).toHaveTextContent(/v1.*ago.*argo/);
    expect(screen.queryByText('v0')).toBeNull();
    expect(calls.map(({ call }) => decodeURIComponent(call))).toEqual([
      'GET /deployments?limit=20&entity=component:default/basket',
    ]);
  });

  it('leads to the history of an environment and target', async () => {
    show({ items: [runs('production', { target: 'eu' })], pageInfo: {} });
    const link = await screen.findByRole('link', { name: 'History' });
    expect(link).toHaveAttribute(
      'href',
      '/data/deployments?entity=component%3Adefault%2Fbasket&of=production&target=eu',
    );
  });

  it('shows what a sender wrote as text, and cut', async () => {
    const version = `<img src=x onerror="alert(1)">\u202egnp${'x'.repeat(
      10_000,
    )}`;
    show({ items: [runs('production', { version })], pageInfo: {} });
    const text = (await rowOf('production')).textContent!;
    expect(text).toContain('<img src=x onerror="alert(1)">');
    expect(text).not.toContain('\u202e');
    expect(text.length).toBeLessThan(300);
    expect(document.querySelector('img')).toBeNull();
  });

  it.each([
    [
      'nothing is known',
      { items: [], pageInfo: {} },
      'No deployment of this entity is known.',
    ],
    [
      'the caller may not see it',
      refuse(403, 'NotAllowedError', 'a right'),
      'You may not see this',
    ],
    [
      'the backend does not answer',
      () => {
        throw new TypeError('Failed to fetch');
      },
      'The backend does not answer',
    ],
  ])('says so when %s', async (_, answer, said) => {
    show(answer);
    expect(await screen.findByText(said)).toBeVisible();
  });
});
