import type { JsonObject } from '@backstage/types';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { waitUntil } from '../measure/waitUntil';
import type { WebhookOptions } from '../readOptions';
import { percentile } from '../report/percentile';
import type { RoundResults } from '../report/RoundResults';
import type { RoundFigures } from '../report/row';
import { SOURCE, sourceConfig } from '../subjects/sourceConfig';
import { SENDER } from '../webhooks/createRequest';
import {
  startBackend,
  type RunningBackend,
} from '../webhooks/subjects/startBackend';
import { SENDER_CONFIG } from '../webhooks/subjects/subjectConfig';
import {
  createSamples,
  type Sample,
  type Samples,
} from '../webhooks/visible/samples';
import type { Environment } from './environment';
import { rotate } from './rotate';

const PREFIX = 'bench_';

/** Of each way at least so many samples, and more for more rounds. */
const MIN_SAMPLES = 60;
const SAMPLES_A_ROUND = 20;
const WARM_UPS = 3;

/** The catalog looks for work once in so many milliseconds. */
const POLLING_MS = 1_000;

const WAYS = ['webhook', 'refresh', 'delta'] as const;

const KEYS: Record<keyof Samples, { subject: string; case: string }> = {
  webhook: { subject: 'module', case: 'visible' },
  refresh: { subject: 'refresh', case: 'visible' },
  delta: { subject: 'delta', case: 'visible' },
  catalogRefresh: { subject: 'module', case: 'catalog_refresh' },
};

type Options = Pick<WebhookOptions, 'cases' | 'records' | 'rounds'> & {
  results: RoundResults;
};

export function expectVisible({ cases, records, results }: Options): void {
  if (cases.includes('visible')) {
    Object.values(KEYS).forEach(key => results.expect({ ...key, records }, 1));
  }
}

/**
 * How soon a webhook is seen in the catalog, beside a bare refresh and a bare
 * delta mutation, in turns on one idle catalog.
 */
export async function measureVisible(
  { api, postgres }: Environment,
  options: Options,
): Promise<void> {
  if (!options.cases.includes('visible')) {
    return;
  }
  let backend: RunningBackend | undefined;
  try {
    await api.prepare({ reset: 0, validators: false });
    backend = await startBackend({
      file: resolve(__dirname, '../webhooks/visible/process.ts'),
      postgres,
      prefix: PREFIX,
      config: configOf(api.url),
    });
    await backend.ask('seed', options.records);
    await untilQuiet(backend, options.records);
    const samples = await takeSamples(createSamples(backend), options);
    for (const [way, taken] of samples) {
      options.results.add(KEYS[way], summarize(taken));
    }
  } catch (error) {
    Object.values(KEYS).forEach(key => options.results.fail(key, error));
  } finally {
    await backend?.stop();
    await postgres.drop(PREFIX);
  }
}

function configOf(url: string): JsonObject {
  const { services, aliases, ...sender } = SENDER_CONFIG;
  return {
    catalog: {
      processingInterval: { hours: 6 },
      customData: {
        sources: {
          [SOURCE]: {
            ...sourceConfig(url),
            schedule: {
              frequency: { trigger: 'manual' },
              timeout: { minutes: 5 },
            },
            reconcile: { frequency: { trigger: 'manual' } },
          },
        },
        webhooks: {
          [SENDER]: { ...sender, record: { source: SOURCE, id: '{service}' } },
        },
      },
    },
  };
}

/** Nothing is to be processed or stitched any more. */
async function untilQuiet(
  { knex }: RunningBackend,
  entities: number,
): Promise<void> {
  const isQuiet = async () => {
    const [{ final }] = await knex('final_entities')
      .whereNotNull('final_entity')
      .select(knex.raw('count(*)::int as final'));
    const due = await knex('refresh_state')
      .where('next_update_at', '<=', knex.fn.now())
      .first('entity_id');
    const stitched = !(await knex('stitch_queue').first('entity_ref'));
    return final >= entities && !due && stitched;
  };
  await waitUntil('All entities are processed', isQuiet, {
    everyMs: 1_000,
    timeoutMs: 400_000,
  });
  await knex.raw('vacuum analyze');
}

async function takeSamples(
  samples: Samples,
  { rounds }: Options,
): Promise<Map<keyof Samples, Sample[]>> {
  const count = Math.max(MIN_SAMPLES, rounds * SAMPLES_A_ROUND);
  const taken = new Map<keyof Samples, Sample[]>();
  const take = async (way: keyof Samples, index: number, nth: number) => {
    const sample = await samples[way](index);
    if (nth >= 0) {
      taken.set(way, [...(taken.get(way) ?? []), sample]);
    }
  };
  let index = 0;
  for (let nth = -WARM_UPS; nth < count; nth += 1) {
    for (const way of rotate(WAYS, nth + WARM_UPS)) {
      await wait(delayOf(nth));
      await take(way, index, nth);
      index += 1;
    }
  }
  for (let nth = -WARM_UPS; nth < count; nth += 1) {
    await take('catalogRefresh', index, nth);
    index += 1;
  }
  return taken;
}

/**
 * How long to wait before the three of a turn. The one before was seen just
 * after the catalog looked for work, and without a wait all would begin at that
 * moment; so they begin evenly over the time between two looks.
 */
function delayOf(nth: number): number {
  const golden = 0.618_034;
  return POLLING_MS * (((nth + WARM_UPS) * golden) % 1);
}

function summarize(samples: Sample[]): RoundFigures {
  const visible = samples.flatMap(({ visibleMs }) => visibleMs ?? []);
  const own = samples.flatMap(({ ownMs }) => ownMs ?? []);
  return {
    ...(visible.length > 0 && {
      p50Ms: percentile(visible, 0.5),
      p95Ms: percentile(visible, 0.95),
    }),
    ...(own.length === samples.length && { ownP95Ms: percentile(own, 0.95) }),
  };
}
