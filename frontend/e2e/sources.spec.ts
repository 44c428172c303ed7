import { expect } from '@playwright/test';
import { until } from './backend';
import {
  expectAccessible,
  expectNoViolations,
  open,
  SOURCE,
  takePicture,
  test,
} from './portal';

test('an empty list removes nothing until its plan is approved', async ({
  backend,
  page,
}) => {
  const count = await backend.countEntities();
  await backend.misbehave('empty');
  await backend.sync();
  await open(page, '/custom-data');
  await page.getByRole('link', { name: 'Service registry' }).click();
  await page.getByRole('link', { name: 'Plans' }).click();
  await expect(page.getByText('waits for a decision').first()).toBeVisible();
  await expect(
    page.getByText(`1 to 20 of ${count}`, { exact: true }),
  ).toBeVisible();
  expect(await backend.countEntities()).toBe(count);
  await takePicture(page, 'plan');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Approve' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`these ${count} entities`);
  await expectNoViolations(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText('carried out').first()).toBeVisible();
  await until(
    'the catalog has no entity',
    async () => (await backend.countEntities()) === 0,
  );
  await backend.misbehave('none');
  await backend.sync();
  await until(
    'the catalog has them again',
    async () => (await backend.countEntities()) === count,
  );
});

test('a broken record is a problem until it is mended', async ({
  backend,
  page,
}) => {
  const record = await backend.readRecord('payments-api');
  await backend.writeRecord({ ...record, language: { name: 'Go' } });
  await backend.sync();
  await open(page, `${SOURCE}&tab=problems`);
  const row = page.getByRole('row').filter({ hasText: 'expression-failed' });
  await expect(row).toContainText('payments-api');
  await expect(row).toContainText('metadata.tags');
  await expect(row).toContainText('Correct the record');
  await expectAccessible(page);

  await backend.writeRecord(record);
  await backend.sync();
  await expect(row).toHaveCount(0);
});

test('a run shows what it changed, and its undo waits as a plan', async ({
  backend,
  page,
}) => {
  const record = await backend.readRecord('basket');
  await backend.writeRecord({ ...record, description: 'Something new' });
  await backend.sync();
  await open(page, SOURCE);
  await expect(page.getByText('1 changed').first()).toBeVisible();
  await expectAccessible(page);
  await page
    .getByRole('row')
    .filter({ hasText: '1 changed' })
    .first()
    .getByRole('link')
    .click();
  await expect(page.getByText('Something new')).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Undo' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('1 entities go back');
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(
    page.getByText('Undo of a run: waits for a decision'),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Reject' }).click();
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await expect(page.getByText('Undo of a run: rejected')).toBeVisible();
});

test('another mapping is shown field by field before it is used', async ({
  backend,
  page,
}) => {
  const before = await backend.countEntities();
  await open(page, `${SOURCE}&tab=preview`);
  await page
    .getByLabel('Answer of the API (JSON)')
    .fill('{"services":[{"serviceId":"new-one","team":"risk"}]}');
  await page.getByLabel('Mapping (JSON)').fill(
    JSON.stringify({
      kind: 'Component',
      metadata: { name: '${{ serviceId }}' },
      spec: {
        type: 'service',
        lifecycle: 'production',
        owner: 'group:${{ $uppercase(team) }}',
      },
    }),
  );
  await page.getByRole('button', { name: 'Preview' }).click();
  const row = page.getByRole('row').filter({ hasText: 'spec.owner' });
  await expect(row).toContainText('team = risk');
  await expect(row).toContainText('group:RISK');
  await row.scrollIntoViewIfNeeded();
  await takePicture(page, 'mapping');
  await expectNoViolations(page, '.bui-Container');
  expect(await backend.countEntities()).toBe(before);
});

test('a source is paused and resumed', async ({ backend, page }) => {
  await open(page, SOURCE);
  await page.getByRole('button', { name: 'Pause' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Pause' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  expect(await backend.call('GET sources/service-registry')).toMatchObject({
    state: 'paused',
  });
  await page.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
});

test('the page says that the backend is gone, and goes on when it is back', async ({
  backend,
  page,
}) => {
  await open(page, '/custom-data/sources');
  await expect(page.getByText('idle')).toBeVisible();
  await backend.halt();
  await expect(page.getByText('The backend does not answer')).toBeVisible();
  await expect(page.getByText('Service registry')).toBeVisible();
  await expectNoViolations(page, '.bui-Container');
  await backend.run();
  await expect(page.getByText('The backend does not answer')).toBeHidden();
});
