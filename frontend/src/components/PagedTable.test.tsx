import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { SourcesPage } from '../sources/SourcesPage';
import { refuse, serveAnswers } from '../__testUtils__/serveAnswers';

const source = (name: string) => ({
  name,
  state: 'idle',
  attention: [],
  entities: 3,
  failures: 0,
  problems: { errors: 0, warnings: 0 },
});

const show = (...given: Parameters<typeof serveAnswers>) => {
  const { api, calls } = serveAnswers(...given);
  renderInTestApp(<SourcesPage />, { apis: [api] });
  return calls;
};

describe('a list', () => {
  it('is asked for by the page, and goes on and back by its cursors', async () => {
    const calls = show({
      'GET /sources': ({ url }: Request) =>
        Response.json(
          url.includes('cursor=two')
            ? { items: [source('second')], totalItems: 2, pageInfo: {} }
            : {
                items: [source('first')],
                totalItems: 2,
                pageInfo: { nextCursor: 'two' },
              },
        ),
    });
    expect(await screen.findByText('first')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /next/i }));
    expect(await screen.findByText('second')).toBeInTheDocument();
    expect(screen.getByText('2 to 2 of 2')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /previous/i }));
    expect(await screen.findByText('first')).toBeInTheDocument();
    expect(calls.map(({ call }) => call)).toEqual([
      'GET /sources?limit=20',
      'GET /sources?limit=20&cursor=two',
      'GET /sources?limit=20',
    ]);
  });

  it('says that there is nothing', async () => {
    show({ 'GET /sources': { items: [], totalItems: 0, pageInfo: {} } });
    expect(
      await screen.findByText('No source is configured.'),
    ).toBeInTheDocument();
  });

  it('says that the user may not see it', async () => {
    show({ 'GET /sources': refuse(403, 'NotAllowedError', 'needs a right') });
    expect(await screen.findByText('You may not see this')).toBeInTheDocument();
    expect(screen.getByText(/needs a right/)).toBeInTheDocument();
  });

  it('says that the backend does not answer', async () => {
    show({
      'GET /sources': () => {
        throw new TypeError('Failed to fetch');
      },
    });
    expect(
      await screen.findByText('The backend does not answer'),
    ).toBeInTheDocument();
  });

  it('names both versions if the backend speaks another one', async () => {
    show({ 'GET /sources': { items: 'other' } }, { version: '2' });
    expect(
      await screen.findByText(/version "2" of the API.*reads version "1"/),
    ).toBeInTheDocument();
  });

  it('shows markup and marks in a name as text', async () => {
    const name = '<img src=x onerror=alert(1)>\u202e';
    show({
      'GET /sources': { items: [source(name)], totalItems: 1, pageInfo: {} },
    });
    expect(
      await screen.findByText('<img src=x onerror=alert(1)>\\u202e'),
    ).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
  });
});
