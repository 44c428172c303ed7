import { createBackend } from '@backstage/backend-defaults';
import type { Knex } from 'knex';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectGarbage } from '../measure/measureRun';
import { memoryMb } from '../measure/peakMemory';
import { serveParent } from '../measure/worker';
import { createProbe } from '../webhooks/subjects/createProbe';

/** The catalog with this module, in a process of its own; `--config` names its app-config. */
const probe = createProbe();
const rejections: string[] = [];
const delay = monitorEventLoopDelay();

process.on('unhandledRejection', reason => rejections.push(String(reason)));

async function start() {
  const backend = createBackend();
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(import('../../src'));
  backend.add(probe.feature);
  await backend.start();
  delay.enable();
}

const started = start();
started.catch(() => {});

export interface Health {
  /** Without its database, which is kept in memory. */
  memoryMb: number;
  /** The longest that its event loop was held up since this was asked last. */
  heldUpMs: number;
  /** Deliveries that are stored. */
  stored: number;
  /** Rejections that nobody took care of. */
  rejections: string[];
}

async function databaseSizeMb(knex: Knex): Promise<number> {
  const [{ page_count: pages }] = await knex.raw('pragma page_count');
  const [{ page_size: bytes }] = await knex.raw('pragma page_size');
  return (pages * bytes) / 1e6;
}

serveParent({
  ready: () => started,
  async health(): Promise<Health> {
    const heldUpMs = delay.max / 1e6;
    const knex = await probe.knex;
    const [{ stored }] = await knex('custom_data_deliveries').count({
      stored: '*',
    });
    const databaseMb = await databaseSizeMb(knex);
    collectGarbage();
    delay.reset();
    return {
      memoryMb: memoryMb() - databaseMb,
      heldUpMs,
      stored: Number(stored),
      rejections,
    };
  },
});
