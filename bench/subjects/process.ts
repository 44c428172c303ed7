import { createBackend } from '@backstage/backend-defaults';
import { flushRowStatistics } from '../measure/flushRowStatistics';
import { handScheduler } from '../measure/handScheduler';
import { collectGarbage, measureRun } from '../measure/measureRun';
import { memoryMb } from '../measure/peakMemory';
import { watchFetch } from '../measure/watchRun';
import { serveParent } from '../measure/worker';
import { createSubject } from './createSubject';
import { createHarness } from './harness';
import type { SubjectName } from './names';

/** One subject in a backend of its own; `--config` names its app-config. */
async function start() {
  const { BENCH_SUBJECT, BENCH_URL, BENCH_RECORDS } = process.env;
  watchFetch();
  const subject = createSubject(BENCH_SUBJECT as SubjectName, {
    url: BENCH_URL!,
    records: Number(BENCH_RECORDS),
  });
  const harness = createHarness();
  const backend = createBackend();
  backend.add(handScheduler);
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(harness.feature);
  subject.features.forEach(feature => backend.add(feature));
  await backend.start();
  return { subject, knex: await harness.knex };
}

const started = start();

serveParent({
  async ready() {
    await started;
    collectGarbage();
    return { idleMb: memoryMb() };
  },
  async run(options: { collect: boolean }) {
    const { subject } = await started;
    return measureRun(() => subject.run(), options);
  },
  async flush() {
    await flushRowStatistics((await started).knex);
  },
});
