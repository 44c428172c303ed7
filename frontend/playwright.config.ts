import { defineConfig } from '@playwright/test';
import { APP_URL, appEnv } from './e2e/addresses';

/** The dev app in a browser, before the dev backend that each file of tests starts. */
export default defineConfig({
  testDir: 'e2e',
  // The tests share what the dev backend has.
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: 'list',
  use: {
    baseURL: APP_URL,
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
  webServer: {
    command: 'npm start',
    url: APP_URL,
    env: appEnv,
    timeout: 180_000,
  },
});
