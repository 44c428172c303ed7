import { expect } from '@playwright/test';
import { open, SOURCE, test } from './portal';

test.use({ backendEnv: { APP_CONFIG_dev_readOnly: 'true' } });

test('a user who may only read sees no button', async ({ backend, page }) => {
  await backend.misbehave('empty');
  await backend.sync();
  await open(page, `${SOURCE}&tab=plans`);
  await expect(page.getByText('waits for a decision').first()).toBeVisible();
  await expect(
    page.getByRole('tablist', { name: 'Source' }).getByRole('tab'),
  ).toHaveText(['Runs', 'Plans', 'Problems']);
  for (const name of ['Approve', 'Reject', 'Sync now', 'Pause']) {
    await expect(page.getByRole('button', { name })).toHaveCount(0);
  }
});
