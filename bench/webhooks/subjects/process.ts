import { createBackend } from '@backstage/backend-defaults';
import { createStatementCounter } from '../../measure/countStatements';
import { serveParent } from '../../measure/worker';
import type { WebhookSubject } from '../names';
import { createFeatures } from './createFeatures';
import { createProbe } from './createProbe';

/** One subject in a backend of its own; `--config` names its app-config. */
async function start() {
  const backend = createBackend();
  const probe = createProbe();
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(probe.feature);
  const subject = process.env.BENCH_SUBJECT as WebhookSubject;
  createFeatures(subject).forEach(feature => backend.add(feature));
  await backend.start();
  return createStatementCounter(await probe.knex);
}

const started = start();
// Whoever asks is told; one that nobody waits for would end the process.
started.catch(() => {});

serveParent({
  async ready() {
    await started;
  },
  async countStatements() {
    (await started).start();
  },
  async statements() {
    return (await started).stop();
  },
});
