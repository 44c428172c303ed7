import { createBackend } from '@backstage/backend-defaults';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { resolve } from 'node:path';
import { createDevPlugin } from './devPlugin';
import { withOwnConfig } from './ownConfig';
import { portalFeatures } from './portalFeatures';
import { startMetadataApi } from './startMetadataApi';
import { createOwnTour, createTour, readTourOptions } from './tour';
import { waitForEntity } from './waitForEntity';

const TOKEN = 'metadata-dev-token';
const FILE = resolve(
  process.env.METADATA_FILE || '../shared/data/govuk-repos.json',
);
const FIRST_POLL_MS = 10_000;

async function main() {
  const api = await startMetadataApi({
    token: TOKEN,
    file: FILE,
    port: process.env.METADATA_API_PORT,
  });
  prepareEnvironment(api.url);
  const own = withOwnConfig(process.argv);
  process.argv = own ?? process.argv;

  const backend = createBackend();
  const config = new Promise<RootConfigService>(onConfig => {
    backend.add(createDevPlugin({ api, file: FILE, onConfig }));
  });
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(import('../src'));
  backend.add(portalFeatures);
  await backend.start();

  if (own) {
    console.log(`\n${createOwnTour(await config)}\n`);
  } else {
    await showTour(await config, api.url);
  }
}

/** What the config files refer to has to be there before they are loaded. */
function prepareEnvironment(metadataUrl: string) {
  process.env.METADATA_API_URL = metadataUrl;
  process.env.METADATA_API_TOKEN = TOKEN;
  const port = process.env.APP_CONFIG_backend_listen_port;
  if (port) {
    // The catalog calls itself at its base URL.
    process.env.APP_CONFIG_backend_baseUrl ??= `http://localhost:${port}`;
  }
}

async function showTour(config: RootConfigService, metadataUrl: string) {
  const tour = readTourOptions(config, {
    url: metadataUrl,
    token: TOKEN,
    file: FILE,
  });
  const found = await waitForEntity({
    catalogUrl: tour.catalogUrl,
    token: tour.catalogToken,
    name: tour.service,
    timeoutMs: FIRST_POLL_MS,
  });
  console.log(`\n${createTour(tour)}\n`);
  if (!found) {
    console.log(`The catalog does not show "${tour.service}" yet.\n`);
  }
}

main().catch(error => {
  console.error(error);
  // The servers that did start would keep the process.
  process.exit(1);
});
