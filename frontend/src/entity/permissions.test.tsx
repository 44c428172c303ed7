import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { screen } from '@testing-library/react';
import { serveAnswers } from '../__testUtils__/serveAnswers';
import { PinSection } from './PinSection';

// A file of its own, since answers about permissions are kept for seconds.
describe('somebody who may not pin', () => {
  it('sees that an entity is not pinned, and no button', async () => {
    const authorize = AuthorizeResult.DENY;
    renderInTestApp(
      <PinSection
        origin={{
          entityRef: 'component:default/basket',
          source: 'registry',
          recordId: 'basket',
          via: 'poll',
          locationKey: 'custom-data-registry',
          record: { state: 'current' },
          fields: [],
          problems: [],
        }}
        reload={() => undefined}
      />,
      { apis: [serveAnswers({}).api, mockApis.permission({ authorize })] },
    );
    expect(await screen.findByText(/^Not pinned/)).toBeVisible();
    expect(screen.queryByRole('button')).toBeNull();
  });
});
