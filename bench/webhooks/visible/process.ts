import { createBackend } from '@backstage/backend-defaults';
import { serveParent } from '../../measure/worker';
import { createBareRoutes } from './bareRoutes';
import { takeHappenings, watchAnswers, watchFetches } from './watchBackend';

/** The catalog with this module, and with what it is compared with; `--config` names its app-config. */
const routes = createBareRoutes();

async function start() {
  watchAnswers();
  watchFetches();
  const backend = createBackend();
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(import('../../../src'));
  backend.add(routes.feature);
  await backend.start();
}

const started = start();
started.catch(() => {});

interface Change {
  index: number;
  mark: string;
}

serveParent({
  ready: () => started,
  seed: (count: number) => routes.seed(count),
  refresh: ({ index, mark }: Change) => routes.refresh(index, mark),
  delta: ({ index, mark }: Change) => routes.delta(index, mark),
  happenings: () => takeHappenings(),
});
