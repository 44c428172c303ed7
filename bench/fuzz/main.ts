import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../measure/freePort';
import { Worker } from '../measure/worker';
import { createJudge } from './judgeAnswer';
import type { Health } from './process';
import { readFuzzOptions, type FuzzOptions } from './readFuzzOptions';
import { runFuzz, type FuzzResult } from './runFuzz';
import { FUZZ_CONFIG } from './senders';

/**
 * Sends random requests to the module in a whole backend, over its socket:
 *
 *   npm run fuzz:webhooks [-- --cases 100000 --seed 7 --seconds 450]
 *
 * Exits with 1 where something was found, or where time was too short.
 */

/** How much more memory the process may hold at the end than after its warm-up. */
const MAX_GROWTH_MB = 50;
/** How long its event loop may be held up. */
const MAX_HELD_UP_MS = 2_000;

async function main(): Promise<void> {
  const anySeed = 1 + (Date.now() % 1_000_000);
  const options = readFuzzOptions(process.argv.slice(2), anySeed);
  console.log(`${options.cases} cases, --seed ${options.seed}`);
  const backend = await startBackend();
  try {
    const faults = await fuzz(backend, options);
    faults.forEach(fault => console.error(fault));
    console.log(faults.length > 0 ? 'Something was found' : 'Nothing found');
    process.exitCode = faults.length > 0 ? 1 : 0;
  } finally {
    await backend.stop();
  }
}

type Backend = Awaited<ReturnType<typeof startBackend>>;

async function startBackend() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'custom-data-fuzz-'));
  const file = join(folder, 'app-config.yaml');
  const config = {
    backend: {
      baseUrl: `http://127.0.0.1:${port}`,
      listen: { host: '127.0.0.1', port },
      database: { client: 'better-sqlite3', connection: ':memory:' },
    },
    catalog: { customData: FUZZ_CONFIG },
  };
  await writeFile(file, JSON.stringify(config));
  const worker = Worker.start(resolve(__dirname, 'process.ts'), {
    args: ['--config', file],
    env: { NODE_ENV: 'production', LOG_LEVEL: 'error' },
  });
  const stop = async () => {
    await worker.stop();
    await rm(folder, { recursive: true });
  };
  try {
    await worker.ask('ready');
  } catch (error) {
    await stop();
    throw error;
  }
  const health = () => worker.ask<Health>('health');
  return { port, health, stop };
}

/** What is wrong; nothing at best. */
async function fuzz(
  backend: Backend,
  { cases, seed, seconds }: FuzzOptions,
): Promise<string[]> {
  const { port } = backend;
  const signal = AbortSignal.timeout(seconds * 1000);
  const parts = { port, seed, signal, judge: createJudge() };
  // What is compiled and cached in the beginning is no growth.
  const warm = Math.ceil(cases / 5);
  const first = await runFuzz({ ...parts, from: 0, to: warm });
  const before = await backend.health();
  const rest = await runFuzz({ ...parts, from: warm, to: cases });
  const after = await backend.health();
  report([first, rest], before, after);
  const sent = first.sent + rest.sent;
  const stored = first.stored + rest.stored;
  const grown = after.memoryMb - before.memoryMb;
  const heldUpMs = Math.max(before.heldUpMs, after.heldUpMs);
  return [
    ...first.faults,
    ...rest.faults,
    ...after.rejections.map(reason => `Nobody took care of: ${reason}`),
    ...(sent < cases ? [`${sent} of ${cases} cases were sent`] : []),
    ...(stored !== after.stored
      ? [`${stored} were answered 202, and ${after.stored} are stored`]
      : []),
    ...(grown > MAX_GROWTH_MB ? [`The process grew by ${grown} MB`] : []),
    ...(heldUpMs > MAX_HELD_UP_MS
      ? [`The event loop was held up for ${heldUpMs} ms`]
      : []),
  ];
}

function report(results: FuzzResult[], before: Health, after: Health): void {
  const sums: Record<string, number> = {};
  for (const [key, number] of results.flatMap(({ statuses }) =>
    Object.entries(statuses),
  )) {
    sums[key] = (sums[key] ?? 0) + number;
  }
  const keys = Object.keys(sums).sort();
  console.log(keys.map(key => `  ${key}  ${sums[key]}`).join('\n'));
  const round = Math.round;
  console.log(
    `Memory ${round(before.memoryMb)} MB, in the end ${round(
      after.memoryMb,
    )} MB; event loop held up for ${round(
      Math.max(before.heldUpMs, after.heldUpMs),
    )} ms at most; ${after.stored} stored`,
  );
}

main().then(
  () => process.exit(),
  error => {
    console.error(error);
    process.exit(1);
  },
);
