import { expect } from '@playwright/test';
import { expectAccessible, expectNoViolations, open, test } from './portal';

test('a signed webhook shows as a delivery and as what runs where', async ({
  backend,
  page,
}) => {
  await open(page, '/custom-data/deliveries');
  await expect(page.getByText('No delivery.')).toBeVisible();

  await backend.postWebhook({
    event: 'deployment.success',
    service: 'basket',
    version: 'v1<script>alert(1)</script>',
    metadata: { environment: 'production', target: 'eu' },
    catalog_refresh: false,
  });
  const row = page.getByRole('row').filter({ hasText: 'basket' });
  await expect(row).toContainText('v1<script>alert(1)</script>');
  await expect(row).toContainText('done');
  await expectAccessible(page);

  await row.getByRole('link').click();
  await expect(page.locator('pre')).toContainText('"service":"basket"');
  await expectAccessible(page);

  await page.goto('/custom-data/deployments');
  await expect(
    page.getByRole('row').filter({ hasText: 'basket' }),
  ).toContainText('eu: v1<script>');
});

test('deliveries are replayed after a look at what that changes', async ({
  backend,
  page,
}) => {
  const { id } = await backend.postWebhook({
    event: 'deployment.success',
    service: 'not-yet-there',
    version: 'v2',
    metadata: { environment: 'staging' },
    catalog_refresh: false,
  });
  await open(page, '/custom-data/deliveries?service=not-yet-there');
  const row = page.getByRole('row').filter({ hasText: 'not-yet-there' });
  await expect(row).toContainText('waiting for its entity');
  await page.getByRole('button', { name: 'Replay these' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('1 deliveries are processed again');
  await expect(dialog).toContainText('waiting for its entity: 1');
  await expectNoViolations(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Replay these' }).click();
  await expect(dialog).toBeHidden();

  await page.goto(`/custom-data/deliveries?delivery=${id}`);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('row')).toHaveCount(3, { timeout: 5_000 });
  }).toPass();
  await page.getByRole('button', { name: 'Redeliver' }).click();
  await expectNoViolations(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Redeliver' }).click();
  await expect(dialog).toBeHidden();
});

test('the registry of integrations names the sender and its credential', async ({
  page,
}) => {
  await open(page, '/custom-data/integrations');
  const row = page.getByRole('row').filter({ hasText: 'Sender' });
  await expect(row).toContainText('dev: 0 days old');
  await expect(row).toContainText('Warning: Nobody is named to ask');
  await expectAccessible(page);
  await row.getByRole('link', { name: 'ci' }).click();
  await expect(page.getByRole('textbox', { name: 'Sender' })).toHaveValue('ci');
});
