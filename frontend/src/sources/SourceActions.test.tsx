import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { screen } from '@testing-library/react';
import { SourceActions } from './SourceActions';

// What is answered for a permission is kept for a while, so this is the only test here.
it('shows no button to who may not press it', async () => {
  renderInTestApp(
    <>
      <SourceActions
        source={{
          name: 'registry',
          state: 'idle',
          attention: [],
          poll: true,
          entities: 3,
          failures: 0,
          problems: { errors: 0, warnings: 0 },
        }}
        reload={() => {}}
      />
      <p>The rest</p>
    </>,
    { apis: [mockApis.permission({ authorize: AuthorizeResult.DENY })] },
  );
  expect(await screen.findByText('The rest')).toBeInTheDocument();
  expect(screen.queryByRole('button')).toBeNull();
});
