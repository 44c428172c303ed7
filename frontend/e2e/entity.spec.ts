import { expect } from '@playwright/test';
import { expectAccessible, expectNoViolations, open, test } from './portal';

const ENTITY = '/catalog/default/component/payments-api';
// By what is in them, since they have no names of their own.
const CARD = 'article:has(a[href*="/custom-data/deployments"])';
const TAB = 'div:has(> section[aria-label=Pin])';
const VERSION = '2.3.1-rc.1';

test('a signed webhook is posted, and the card of its entity shows it', async ({
  backend,
  page,
}) => {
  await open(page, ENTITY);
  const card = page.getByRole('article').filter({ hasText: 'What runs where' });
  await expect(card).toContainText('No deployment of this entity is known.');
  await backend.postWebhook({
    event: 'deployment.success',
    service: 'payments-api',
    version: VERSION,
    metadata: { environment: 'production', target: 'eu-west-1' },
  });
  // The card asks again by itself.
  const row = card.getByRole('row').filter({ hasText: VERSION });
  await expect(row).toContainText('production');
  await expect(row).toContainText('eu-west-1');
  await expect(row).toContainText('ci');
  await expectAccessible(page, CARD);

  await row.getByRole('link', { name: 'History' }).click();
  await expect(page).toHaveURL(/deployments\?entity=.*payments-api/);
  await expect(
    page.getByRole('row').filter({ hasText: VERSION }),
  ).toContainText('deployed');
});

test('an entity is pinned by keyboard, and unpinned', async ({
  backend,
  page,
}) => {
  await open(page, `${ENTITY}/custom-data`);
  const field = page.getByRole('row').filter({ hasText: 'spec.owner' });
  await expect(field).toContainText('team = payments');
  await expect(field).toContainText('group:payments');

  await page.getByRole('button', { name: 'Pin', exact: true }).press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('the registry is being moved');
  await expectNoViolations(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Pin', exact: true }).press('Enter');
  await expect(page.getByText('the registry is being moved')).toBeVisible();
  const { items } = await backend.call('GET pins');
  expect(items).toHaveLength(1);
  await expectAccessible(page, TAB);

  await page.getByRole('button', { name: 'Unpin' }).press('Enter');
  await dialog.getByRole('button', { name: 'Unpin' }).press('Enter');
  await expect(page.getByText('Not pinned')).toBeVisible();
  expect((await backend.call('GET pins')).items).toEqual([]);
});
