import type { JsonObject } from '@backstage/types';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { collectGarbage, memoryMb } from '../ingest/measureRun';
import type { Subjects } from '../lib/backendProcess';
import { readCount } from '../lib/options';
import { withPostgres } from '../lib/postgres';
import { Report } from '../lib/report';
import { type Backend, withBackend } from '../lib/withBackend';
import { KEY, LIMITS } from '../webhooks/request';
import { createCheck, runFuzz } from './run';

/**
 * Sends random requests to the module in a whole backend:
 *
 *   npm run fuzz:webhooks -- [--cases 100000] [--seed 7]
 *
 * The exit code is 1 where something was found.
 */

/** How much more memory the process may hold at the end than after the first fifth. */
const MAX_GROWTH_MB = 50;
const MAX_HELD_UP_MS = 2_000;

/** The configuration of the module: a sender for each way to sign. */
export const FUZZ_CONFIG: JsonObject = {
  webhooks: {
    plain: LIMITS,
    timed: { ...LIMITS, requireTimestamp: true },
    standard: {
      ...LIMITS,
      dialect: 'standard-webhooks',
      secrets: [{ id: 'fuzz', secret: KEY }],
    },
  },
};

interface Health {
  memoryMb: number;
  /** The longest that the event loop was held up since this was asked last. */
  heldUpMs: number;
  unhandled: string[];
}

export const subjects: Subjects = {
  fuzzed() {
    const unhandled: string[] = [];
    process.on('unhandledRejection', reason => unhandled.push(String(reason)));
    const delay = monitorEventLoopDelay();
    delay.enable();
    return {
      features: [import('../../src')],
      handlers: {
        startWatching: () => delay.reset(),
        health(): Health {
          const heldUpMs = delay.max / 1e6;
          collectGarbage();
          delay.reset();
          return { memoryMb: memoryMb(), heldUpMs, unhandled };
        },
      },
    };
  },
};

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { cases: text, seed: text } });
  const cases = readCount('cases', values.cases) ?? 100_000;
  const seed = readCount('seed', values.seed) ?? 1 + (Date.now() % 2_000);
  console.log(`${cases} cases, --seed ${seed}`);
  await withPostgres(new Report(), postgres => {
    const config = { catalog: { customData: FUZZ_CONFIG } };
    const file = 'fuzz/main.ts';
    return withBackend(
      { postgres, file, subject: 'fuzzed', config },
      async backend => {
        const faults = await fuzz(backend, cases, seed);
        console.log(faults.join('\n') || 'Nothing found');
        process.exitCode = faults.length > 0 ? 1 : 0;
      },
    );
  });
}

/** Returns what is wrong. */
async function fuzz(
  { ask, knex, port }: Backend,
  cases: number,
  seed: number,
): Promise<string[]> {
  const common = { port, seed, check: createCheck() };
  await ask('startWatching');
  // What is compiled and cached in the beginning is no growth.
  const fifth = Math.ceil(cases / 5);
  const first = await runFuzz({ ...common, from: 0, to: fifth });
  const before = await ask<Health>('health');
  const rest = await runFuzz({ ...common, from: fifth, to: cases });
  const after = await ask<Health>('health');
  const [{ rows }] = await knex('custom_data_deliveries').count({ rows: '*' });
  const stored = first.stored + rest.stored;
  const grownMb = Math.round(after.memoryMb - before.memoryMb);
  const heldUpMs = Math.round(Math.max(before.heldUpMs, after.heldUpMs));
  const faults = [
    ...first.faults,
    ...rest.faults,
    ...after.unhandled.map(reason => `Unhandled rejection: ${reason}`),
  ];
  if (stored !== Number(rows)) {
    faults.push(`${stored} were answered 202, and ${rows} are stored`);
  }
  if (grownMb > MAX_GROWTH_MB) {
    faults.push(`The process grew by ${grownMb} MB`);
  }
  if (heldUpMs > MAX_HELD_UP_MS) {
    faults.push(`The event loop was held up for ${heldUpMs} ms`);
  }
  console.log(rest.statuses, `${rows} stored, grown by ${grownMb} MB`);
  console.log(`The event loop was held up for ${heldUpMs} ms at most`);
  return faults;
}

if (require.main === module) {
  main().then(
    () => process.exit(),
    error => {
      console.error(error);
      process.exit(1);
    },
  );
}
