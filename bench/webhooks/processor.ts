import type {
  DeferredEntity,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import type { Subjects } from '../lib/backendProcess';
import { createCatalogModule } from '../lib/catalogModule';
import { type Command, rotate } from '../lib/options';
import { withPostgres } from '../lib/postgres';
import type { Figures } from '../lib/report';
import { type Backend, waitUntil, withBackend } from '../lib/withBackend';
import { createRequest, SENDER, SENDER_CONFIG } from './request';
import { untilCompleted } from './webhooks';

/** One in so many entities has deployments. */
const DEPLOYED = 10;
const ENVIRONMENTS = ['staging', 'production'];

/** Begins the versions of deployments. */
const VERSION = 'bench-version';

const CASE = 'process all';

/** What `DeploymentProcessor` costs in the catalog's own processing. Without senders there is none. */
export const processor: Command = {
  defaults: {
    records: 10_000,
    rounds: 3,
    cases: [CASE],
    subjects: ['senders', 'no senders'],
  },
  async run({ records, rounds, subjects: names }, report) {
    await withPostgres(report, async postgres => {
      for (let round = 0; round < rounds; round += 1) {
        for (const name of rotate(names, round)) {
          const hasSenders = name === 'senders';
          const webhooks = hasSenders ? { [SENDER]: SENDER_CONFIG } : {};
          const options = {
            postgres,
            file: 'webhooks/processor.ts',
            subject: 'filled',
            config: {
              catalog: {
                processingInterval: { hours: 6 },
                customData: { webhooks },
              },
            },
          };
          await report.round(name, [CASE], add =>
            withBackend(options, async backend => {
              const deployed = hasSenders ? await deploy(backend, records) : 0;
              add(CASE, await processAll(backend, records, deployed));
            }),
          );
        }
      }
    });
    report.atMost(
      1.05,
      `${CASE}: time, of that without senders`,
      () =>
        report.figure('senders', CASE, 'run ms') /
        report.figure('no senders', CASE, 'run ms'),
    );
  },
};

/** Has webhooks tell of deployments. Returns how many entities are to show them. */
async function deploy(backend: Backend, records: number): Promise<number> {
  let services = 0;
  for (let index = 0; index < records; index += DEPLOYED) {
    services += 1;
    for (const environment of ENVIRONMENTS) {
      const { path, ...request } = createRequest({
        subject: 'module',
        id: `${VERSION}-${index}-${environment}`,
        service: `service-${index}`,
        environment,
      });
      const url = `http://127.0.0.1:${backend.port}${path}`;
      const { status } = await fetch(url, { method: 'POST', ...request });
      if (status !== 202) {
        throw new Error(`A webhook was answered ${status}`);
      }
    }
  }
  await untilCompleted(backend);
  return services;
}

/** From when all entities are due until all are processed and stitched. */
async function processAll(
  backend: Backend,
  records: number,
  deployed: number,
): Promise<Figures> {
  const { ask, knex } = backend;
  await ask('fill', records);
  const cpuMs = await ask<number>('cpuMs');
  const startedAt = performance.now();
  const isDone = async () => {
    const [{ stitched }] = await knex('final_entities')
      .whereNotNull('final_entity')
      .count({ stitched: '*' });
    const queued = await knex('stitch_queue').first('entity_ref');
    return Number(stitched) >= records && !queued;
  };
  await waitUntil('All entities are stitched', isDone, {
    everyMs: 200,
    timeoutMs: 400_000,
  });
  const figures = {
    'run ms': performance.now() - startedAt,
    'CPU ms': (await ask<number>('cpuMs')) - cpuMs,
  };
  const [{ shown }] = await knex('final_entities')
    .where('final_entity', 'like', `%${VERSION}%`)
    .count({ shown: '*' });
  if (Number(shown) !== deployed) {
    throw new Error(`${shown} of ${deployed} entities show deployments`);
  }
  return figures;
}

const createComponent = (index: number): DeferredEntity => ({
  entity: {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: `service-${index}`,
      annotations: {
        'backstage.io/managed-by-location': 'bench:catalog',
        'backstage.io/managed-by-origin-location': 'bench:catalog',
      },
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'group:team' },
  },
});

/** This module, in a catalog that can be filled with components. */
export const subjects: Subjects = {
  filled() {
    let connection: EntityProviderConnection;
    const feature = createCatalogModule('bench-filled', async parts =>
      parts.addProvider(given => {
        connection = given;
      }),
    );
    return {
      features: [import('../../src'), feature],
      handlers: {
        fill(count: number) {
          const indexes = Array.from({ length: count }, (_, index) => index);
          const entities = indexes.map(createComponent);
          return connection.applyMutation({ type: 'full', entities });
        },
        cpuMs() {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1000;
        },
      },
    };
  },
};
