import { renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';
import { sourcesRouteRef } from '../routes';
import { OriginContent } from './OriginContent';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'basket' },
};
const PATH = '/entities/by-name/component/default/basket';
const origin = {
  entityRef: 'component:default/basket',
  source: 'registry',
  recordId: 'basket-1',
  via: 'poll',
  locationKey: 'custom-data-registry',
  run: {
    id: 'run-1',
    kind: 'poll',
    startedAt: '2026-11-22T12:00:00Z',
    outcome: 'applied',
  },
  recordState: 'seen',
  record: { state: 'current' },
  mapping: { type: 'template' },
  fields: [
    {
      path: 'spec.owner',
      // eslint-disable-next-line no-template-curly-in-string
      expression: 'group:${{ team }}',
      reads: [{ path: 'team', value: 'payments' }],
      value: 'group:payments',
    },
  ],
  problems: [],
};
const pin = {
  entityRef: origin.entityRef,
  source: 'registry',
  recordId: 'basket-1',
  reason: 'the registry is being moved',
  by: 'user:default/jane',
  createdAt: '2026-11-22T12:00:00Z',
  origin: 'pin',
  absent: false,
  drift: {
    type: 'changed',
    fields: [{ path: 'spec.owner', before: 'group:a', after: 'group:b' }],
  },
};

const show = (
  answer: object,
  answers: Parameters<typeof serveAnswers>[0] = {},
) => {
  const { api, calls } = serveAnswers({
    [`GET ${PATH}/explain`]: answer,
    ...answers,
  });
  renderInTestApp(
    <EntityProvider entity={entity}>
      <OriginContent />
    </EntityProvider>,
    {
      apis: [api],
      mountedRoutes: { '/data/sources': sourcesRouteRef },
    },
  );
  return calls;
};

describe('where an entity comes from', () => {
  it('is its source, its record and its run, each with its way there', async () => {
    show(origin);
    const source = await screen.findByRole('link', { name: 'registry' });
    expect(source).toHaveAttribute('href', '/data/sources?source=registry');
    expect(screen.getByRole('link', { name: 'poll, applied' })).toHaveAttribute(
      'href',
      '/data/sources?source=registry&tab=runs&run=run-1',
    );
    expect(screen.getByText('basket-1')).toBeVisible();
    expect(screen.getByText('No problem.')).toBeVisible();
  });

  it('says of each field its expression, what that read, and what it gave', async () => {
    show(origin);
    const row = (await screen.findByText('spec.owner')).closest('tr')!;
    expect(row).toHaveTextContent(
      'spec.ownergroup:${{ team }}team = paymentsgroup:payments', // eslint-disable-line no-template-curly-in-string
    );
  });

  it('shows open problems, and a record that could not be fetched', async () => {
    show({
      ...origin,
      recordState: 'invalid',
      record: { state: 'unavailable', reason: 'the source is paused' },
      problems: [
        {
          code: 'expression-failed',
          severity: 'error',
          recordId: 'basket-1',
          message: 'tags is no list',
          firstSeenAt: '2026-11-22T12:00:00Z',
        },
      ],
    });
    expect(await screen.findByText('tags is no list')).toBeVisible();
    expect(
      screen.getByText(
        /^It is invalid, .* It could not be fetched: the source is paused$/,
      ),
    ).toBeVisible();
  });

  it('shows what a record holds as text, and cut', async () => {
    const value = `<script>alert(1)</script>\u202e${'x'.repeat(10_000)}`;
    show({
      ...origin,
      recordId: value,
      fields: [{ ...origin.fields[0], reads: [{ path: 'a', value }], value }],
    });
    // Rows of the table come after the rest.
    const shown = await waitFor(() => {
      const found = screen.getAllByText(/<script>alert/);
      expect(found).toHaveLength(3);
      return found;
    });
    for (const { textContent } of shown) {
      expect(textContent).not.toContain('\u202e');
      expect(textContent!.length).toBeLessThan(600);
    }
    expect(document.querySelector('main script, td script')).toBeNull();
  });

  it.each([
    [
      'no source gives the entity',
      refuse(404, 'NotFoundError', 'no source'),
      /^No source gives this entity/,
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

describe('a pin', () => {
  it('is set by keyboard, with a reason and an end', async () => {
    const calls = show(origin, { [`PUT ${PATH}/pin`]: pin });
    const user = userEvent.setup();
    const button = await screen.findByRole('button', { name: 'Pin' });
    button.focus();
    await user.keyboard('{Enter}');
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByRole('button', { name: 'Pin' })).toBeDisabled();
    await user.type(dialog.getByLabelText(/Reason/), ' moved ');
    dialog.getByRole('button', { name: 'Pin' }).focus();
    await user.keyboard('{Enter}');
    await screen.findByText('basket-1');
    const [, put, again] = calls;
    expect(put.call).toBe(`PUT ${PATH}/pin`);
    const { reason, until } = put.body as { reason: string; until: string };
    expect(reason).toBe('moved');
    const days = (Date.parse(until) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    expect(again.call).toBe(`GET ${PATH}/explain`);
  });

  it('shows why it is there and what the source gives instead, and is taken away', async () => {
    const calls = show(
      { ...origin, pin },
      {
        [`DELETE ${PATH}/pin`]: () => new Response(null, { status: 204 }),
      },
    );
    expect(await screen.findByText(pin.reason)).toBeVisible();
    expect(screen.getByText('group:b')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Unpin' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Unpin' }));
    await screen.findByText(pin.reason);
    expect(calls.map(({ call }) => call)).toEqual([
      `GET ${PATH}/explain`,
      `DELETE ${PATH}/pin`,
      `GET ${PATH}/explain`,
    ]);
  });

  it('keeps its dialog open with the reason if the backend refuses it', async () => {
    show(
      { ...origin, pin },
      { [`DELETE ${PATH}/pin`]: refuse(409, 'ConflictError', 'it is busy') },
    );
    await userEvent.click(await screen.findByRole('button', { name: 'Unpin' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Unpin' }));
    expect(await dialog.findByText('it is busy')).toBeVisible();
  });

  it('has no button for an entity that is read for a location', async () => {
    show({ ...origin, via: 'location' });
    expect(await screen.findByText(/^Not pinned/)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Pin' })).toBeNull();
  });
});
