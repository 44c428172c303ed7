import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  refuse,
  serveAnswers,
  type TestAnswer,
} from '../__testUtils__/serveAnswers';
import { SourcesPage } from './SourcesPage';

const SOURCE = {
  name: 'registry',
  state: 'idle',
  attention: [{ code: 'plan-held', message: 'POST /x approves it' }],
  poll: true,
  entities: 3,
  failures: 0,
  problems: { errors: 1, warnings: 0 },
};
const NONE = { items: [], totalItems: 0, pageInfo: {} };
const PLAN = {
  hash: 'abc',
  kind: 'held',
  state: 'pending',
  reason: '2 of 3 entities would be removed or changed',
  count: 2,
};

const show = (query: string, answers: Record<string, TestAnswer>) => {
  const { api, calls } = serveAnswers({
    'GET /sources/registry': SOURCE,
    'GET /sources/registry/runs': NONE,
    'GET /sources/registry/plans': NONE,
    'GET /sources/registry/plan': {
      plan: PLAN,
      ...NONE,
      items: [
        { entityRef: 'component:default/gone', owner: 'group:default/pay' },
        {
          entityRef: 'component:default/other',
          owner: 'group:default/pay',
          changes: [{ field: 'spec.owner', from: 'group:pay', to: 'group:x' }],
        },
      ],
    },
    ...answers,
  });
  renderInTestApp(<SourcesPage />, {
    apis: [api, mockApis.permission()],
    initialRouteEntries: [`/?source=registry${query}`],
  });
  return calls.filter.bind(calls, ({ call }) => call.startsWith('POST'));
};

const press = async (name: string) =>
  userEvent.click(await screen.findByRole('button', { name }));
const pressInDialog = async (name: string) =>
  userEvent.click(
    within(await screen.findByRole('dialog')).getByRole('button', { name }),
  );

describe('a source', () => {
  it('shows a held plan as a diff with its reason and owners', async () => {
    show('&tab=plans', {});
    expect(await screen.findByText(PLAN.reason)).toBeInTheDocument();
    const rows = await screen.findAllByRole('row');
    expect(rows[1]).toHaveTextContent('component:default/goneremoved');
    expect(rows[2]).toHaveTextContent('spec.owner: group:pay → group:x');
    expect(screen.getByText('(2)', { exact: false })).toHaveTextContent(
      'group:default/pay (2)',
    );
  });

  it('approves a plan only after a dialog has said what will happen', async () => {
    const posted = show('&tab=plans', {
      'POST /sources/registry/plan/abc/approve': { hash: 'abc' },
    });
    await press('Approve');
    expect(await screen.findByRole('dialog')).toHaveTextContent(
      'changes or removes these 2 entities',
    );
    expect(posted()).toEqual([]);
    await pressInDialog('Cancel');
    expect(posted()).toEqual([]);
    await press('Approve');
    await pressInDialog('Approve');
    expect(posted()).toEqual([
      { call: 'POST /sources/registry/plan/abc/approve' },
    ]);
  });

  it('says in the dialog why an approval was refused', async () => {
    show('&tab=plans', {
      'POST /sources/registry/plan/abc/approve': refuse(
        409,
        'ConflictError',
        'The plan has expired',
      ),
    });
    await press('Approve');
    await pressInDialog('Approve');
    expect(await screen.findByText('The plan has expired')).toBeVisible();
  });

  it('asks for a run at once, and for one in spite of a back-off in a dialog', async () => {
    const posted = show('', {
      'GET /sources/registry': {
        ...SOURCE,
        state: 'backing-off',
        retryAt: '2026-12-01T00:00:00Z',
      },
      'POST /sources/registry/sync': { status: 'started', runId: 'r' },
    });
    await press('Sync now');
    expect(posted()).toEqual([]);
    await pressInDialog('Sync now');
    expect(posted()).toEqual([
      { call: 'POST /sources/registry/sync', body: { force: true } },
    ]);
  });

  it('shows the dry run of an undo before it stores the plan', async () => {
    const posted = show('&run=r1', {
      'GET /sources/registry/runs/r1/changes': {
        items: [
          { entityRef: 'component:default/a', action: 'add', fields: [] },
        ],
        totalItems: 1,
        pageInfo: {},
      },
      'POST /sources/registry/runs/r1/undo': {
        plan: PLAN,
        changes: {
          totalItems: 1,
          items: [{ entityRef: 'component:default/a', action: 'remove' }],
        },
        left: {
          totalItems: 1,
          items: [
            { entityRef: 'component:default/b', reason: 'changed since' },
          ],
        },
      },
      'GET /sources/registry/plans/abc': { plan: PLAN, ...NONE },
    });
    await press('Undo');
    expect(
      await screen.findByText('component:default/b: changed since'),
    ).toBeVisible();
    await pressInDialog('Undo');
    expect(await screen.findByText(PLAN.reason)).toBeInTheDocument();
    expect(posted().map(({ body }) => body)).toEqual([
      { dryRun: true, limit: 10 },
      { dryRun: false, limit: 10 },
    ]);
  });

  it('says what to do about a problem, and nothing where it knows nothing', async () => {
    const problem = {
      severity: 'error',
      recordId: 'payments',
      path: 'metadata.tags',
      message: 'no string',
      value: '5',
      firstSeenAt: '2026-12-01T00:00:00Z',
    };
    show('&tab=problems', {
      'GET /sources/registry/problems': {
        ...NONE,
        items: [
          { ...problem, code: 'expression-failed' },
          { ...problem, code: 'of-a-later-version' },
        ],
      },
    });
    const rows = (await screen.findAllByRole('row')).slice(1);
    expect(rows[0]).toHaveTextContent('Correct the record, or let');
    expect(rows[1]).toHaveTextContent('Error: of-a-later-version');
  });

  it('does not send a mapping that is no JSON', async () => {
    const posted = show('&tab=preview', {});
    const field = await screen.findByLabelText('Mapping (JSON)');
    await userEvent.click(field);
    await userEvent.paste('kind: Component');
    await press('Preview');
    expect(await screen.findByText(/"entity" is no JSON/)).toBeVisible();
    expect(posted()).toEqual([]);
  });
});
