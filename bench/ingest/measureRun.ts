import {
  coreServices,
  createServiceFactory,
  type SchedulerService,
  type SchedulerServiceTaskFunction,
} from '@backstage/backend-plugin-api';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Subject } from '../lib/backendProcess';
import { createCatalogModule } from '../lib/catalogModule';

/** What one run took, in the process that did it. */
export interface Run {
  /** From the first byte of the answer to the end of the last mutation, or of the run where there was none. */
  'ingest ms': number;
  'run ms': number;
  /** User and system, all threads of the process. */
  'CPU ms': number;
  mutations: number;
  /** Memory when the run began, and the most until it ended. */
  startMb: number;
  peakMb: number;
  /** Whether the list was answered 304. */
  notModified: boolean;
}

/** Resident memory, in MB of 10^6 bytes. */
export const memoryMb = () => process.memoryUsage.rss() / 1e6;

/** Twice, since finalizers of the first time free more. */
export function collectGarbage(): void {
  globalThis.gc!();
  globalThis.gc!();
}

const tasks = new Map<string, SchedulerServiceTaskFunction>();

/** Runs a task that was scheduled. */
export async function runTask(id: string): Promise<void> {
  const task = tasks.get(id);
  if (!task) {
    throw new Error(`There is no task "${id}", only ${[...tasks.keys()]}`);
  }
  await task(new AbortController().signal);
}

/** Takes tasks and runs none by itself. A run begins when it is measured. */
const scheduler: SchedulerService = {
  scheduleTask: async ({ id, fn }) => void tasks.set(id, fn),
  createScheduledTaskRunner: () => ({
    run: async ({ id, fn }) => void tasks.set(id, fn),
  }),
  triggerTask: runTask,
  cancelTask: async id => void tasks.delete(id),
  getScheduledTasks: async () => [],
};

let current = newRun();

function newRun() {
  return {
    firstByteAt: undefined as number | undefined,
    lastMutationAt: undefined as number | undefined,
    mutations: 0,
    notModified: false,
  };
}

/** Adds what measures to the features of a subject. */
export function createIngestSubject(
  features: Subject['features'],
  run: () => Promise<void>,
): Subject {
  let knex: Knex;
  const measuring = createCatalogModule('bench-measuring', async parts => {
    parts.addProvider(watchMutations);
    knex = parts.knex;
  });
  watchFetch();
  return {
    features: [
      createServiceFactory({
        service: coreServices.scheduler,
        deps: {},
        factory: () => scheduler,
      }),
      measuring,
      ...features,
    ],
    handlers: {
      idleMb() {
        collectGarbage();
        return memoryMb();
      },
      run(how: { collectGarbage: boolean }) {
        if (how.collectGarbage) {
          collectGarbage();
        }
        return measureRun(run);
      },
      flush: () => flushRowStatistics(knex),
    },
  };
}

function watchFetch(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const response = await fetch(...args);
    current.firstByteAt ??= performance.now();
    current.notModified ||= response.status === 304;
    return response;
  };
}

/** Watches every provider: all connections have one prototype. */
function watchMutations(connection: EntityProviderConnection): void {
  const prototype = Object.getPrototypeOf(connection);
  const { applyMutation } = prototype;
  prototype.applyMutation = async function watched(mutation: unknown) {
    const run = current;
    run.mutations += 1;
    await applyMutation.call(this, mutation);
    run.lastMutationAt = performance.now();
  };
}

async function measureRun(run: () => Promise<void>): Promise<Run> {
  const peakMb = watchPeakMemory();
  const startMb = memoryMb();
  const watched = newRun();
  current = watched;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const endedAt = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  if (watched.firstByteAt === undefined) {
    throw new Error('The run did not ask the metadata API');
  }
  return {
    'ingest ms': (watched.lastMutationAt ?? endedAt) - watched.firstByteAt,
    'run ms': endedAt - startedAt,
    'CPU ms': (user + system) / 1000,
    mutations: watched.mutations,
    startMb,
    peakMb: peakMb(),
    notModified: watched.notModified,
  };
}

/** Linux keeps a peak that can be reset. Elsewhere it is that of the process's whole life. */
function watchPeakMemory(): () => number {
  if (process.platform !== 'linux') {
    return () => (process.resourceUsage().maxRSS * 1024) / 1e6;
  }
  writeFileSync('/proc/self/clear_refs', '5');
  return () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    return (Number(kilobytes) * 1024) / 1e6;
  };
}

/**
 * Has each connection of the pool tell PostgreSQL's statistics what it wrote.
 * By itself it does so only once it has been idle for a while.
 */
async function flushRowStatistics(knex: Knex): Promise<void> {
  const { pool } = knex.client;
  const connections = await Promise.all(
    Array.from({ length: pool.numUsed() + pool.numFree() }, () =>
      knex.client.acquireConnection(),
    ),
  );
  for (const connection of connections) {
    await knex.raw('select pg_stat_force_next_flush()').connection(connection);
    await knex.client.releaseConnection(connection);
  }
}
