import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test as base } from '@playwright/test';
import { resolve } from 'node:path';
import { Backend } from './backend';

/** The configuration of the backend beyond that of the portal; of a whole file. */
interface WorkerOptions {
  backendEnv: Record<string, string>;
}

export const test = base.extend<object, WorkerOptions & { backend: Backend }>({
  backendEnv: [{}, { option: true, scope: 'worker' }],
  backend: [
    async ({ backendEnv }, use) => {
      const backend = await Backend.start(backendEnv);
      await use(backend);
      await backend.stop();
    },
    { scope: 'worker', timeout: 300_000 },
  ],
});

export const SOURCE = '/custom-data/sources?source=service-registry';

/** Opens a page of the portal as a guest. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('button', { name: 'Enter' }).click();
}

/** Holds what is ours on the page against WCAG 2.1 AA, in light and in dark. */
export async function expectAccessible(
  page: Page,
  part = '.bui-Container',
): Promise<void> {
  for (const theme of ['light', 'dark']) {
    await page.evaluate(name => localStorage.setItem('theme', name), theme);
    await page.reload();
    await expect(page.locator('[data-theme-mode]').first()).toHaveAttribute(
      'data-theme-mode',
      theme,
    );
    await expect(page.locator(part)).toBeVisible();
    await expect(page.getByText('Loading…')).toHaveCount(0);
    await expectNoViolations(page, part);
  }
}

/** The same of a part of the page as it is. */
export async function expectNoViolations(
  page: Page,
  part: string,
): Promise<void> {
  // A colour is what it is meant to be once it no longer fades in. Scrolling,
  // which moves some animations too, never ends.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .filter(each => each.timeline instanceof DocumentTimeline)
      .every(
        each =>
          each.playState !== 'running' ||
          each.effect?.getComputedTiming().endTime === Infinity,
      ),
  );
  const { violations } = await new AxeBuilder({ page })
    .include(part)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.target} ${node.failureSummary}`),
  );
  expect(found).toEqual([]);
}

/** For the README, when `PICTURES=1` asks for it. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.PICTURES) {
    await page.screenshot({
      path: resolve(__dirname, `../../docs/pictures/${name}.png`),
      animations: 'disabled',
    });
  }
}
