import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthenticationError } from '@backstage/errors';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { runShell } from '../examples/runShell';
import { body, json, limited } from '../faultyAnswers';
import { SENDER, SOON, startCatalog } from '../startCatalog';
import { startFaultyApi } from '../startFaultyApi';
import { startRegistry } from '../startRegistry';
import { WEBHOOK_SECRET } from '../signWebhook';
import type { Reference } from './readReference';

export const TOKEN = 'a-token-of-the-pipeline';
export const READER = 'a-token-that-only-reads';

/** Of what the repository has that the reference dry-runs. */
const REPOSITORY = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: of-a-repository }
spec: { type: service, lifecycle: production, owner: team-a }
`;

/** Knows the tokens of this portal; whoever has none is nobody. */
const withTokens = mockServices.httpAuth.mock({
  credentials: async req => {
    const token = req.headers.authorization?.replace('Bearer ', '') ?? '';
    if (token === TOKEN || token.startsWith('mock-service-token')) {
      return mockCredentials.service('pipeline') as any;
    }
    if (token !== READER) {
      throw new AuthenticationError('Missing credentials');
    }
    const permissionNames = ['catalog.entity.read'];
    return mockCredentials.service('reader', { permissionNames }) as any;
  },
});

export type Portal = Awaited<ReturnType<typeof startPortal>>;

/**
 * A catalog in which tokens and their permissions count, and what the reference
 * talks of: registries in each state, senders, and a GitHub of its own.
 */
export async function startPortal(options: {
  knex: Knex;
  cwd: string;
  reference: Reference;
}) {
  const { knex, cwd, reference } = options;
  const schedule = readSchedule(reference.blocks[2]);
  const readEntity = jest.fn();
  const registry = await startRegistry();
  ['payments-api', 'orders-api'].forEach(id => registry.put(id));
  const api = await startFaultyApi();
  addLists(api);
  const catalog = await startCatalog({
    knex,
    permission: true,
    config: {
      integrations: {
        github: [
          {
            host: 'github.com',
            apiBaseUrl: api.url('api'),
            rawBaseUrl: api.url('raw'),
          },
        ],
      },
    },
    customData: {
      sources: sourcesOf({ registry: registry.url, list: api.url, schedule }),
      allowedLocationTypes: ['url', 'custom-data'],
      webhooks: {
        ci: { ...SENDER, record: { source: 'services', id: '{service}' } },
        fenced: { ...SENDER, allowFrom: ['10.0.0.0/8'], trustProxy: false },
      },
    },
    features: [
      withTokens.factory,
      permissionsServiceFactory,
      moduleWith({ readEntity }),
    ],
  });
  const root = catalog.url.replace('/api/catalog', '');
  const variables: Record<string, string> = {
    CATALOG_BACKEND_URL: root,
    STAGING_CATALOG_URL: root,
    CATALOG_SERVICE_TOKEN: TOKEN,
    CATALOG_WEBHOOK_URL: `${catalog.url}/custom-data/webhooks/ci`,
    WEBHOOK_SECRET,
    GITHUB_ORG: 'acme',
    ORG: 'acme',
    SERVICE_NAME: 'payments-api',
    IMAGE_TAG: 'v1.2.3',
    TEAM_SLACK_ID: 'U123',
    DEPLOY_ENV: 'production',
  };
  /** Puts the reference's variables in; those that nobody knows stay. */
  const fill = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (whole, name) => variables[name] ?? whole);
  return {
    catalog,
    registry,
    api,
    fill,
    /** Of a processor as the reference prints it. */
    readEntity,
    /** Types a command into a shell, variables filled in. */
    run: (command: string, where: string = cwd) =>
      runShell({
        command: ['bash', '-c', fill(command)],
        cwd: where,
        env: { HOME: cwd },
      }),
    /** Calls below `/api/catalog`, as the pipeline. */
    call: async (call: string, given?: object, as: string = TOKEN) => {
      const [method, path] = call.split(' ');
      const response = await fetch(`${catalog.url}${path}`, {
        method,
        body: given && JSON.stringify(given),
        headers: {
          Authorization: `Bearer ${as}`,
          'Content-Type': 'application/json',
        },
      });
      const text = await response.text();
      return {
        status: response.status,
        body: (text && JSON.parse(text)) as any,
      };
    },
    stop: async () => {
      await catalog.stop();
      await registry.stop();
      await api.stop();
    },
  };
}

function addLists(api: Awaited<ReturnType<typeof startFaultyApi>>): void {
  const service = (serviceId: string, more: JsonObject = {}) => ({
    serviceId,
    team: 'team-a',
    ...more,
  });
  api.add('raw/acme/repo/main/catalog-info.yaml', {
    fault: body(REPOSITORY, 'text/plain'),
  });
  api.add('legacy/legacy-billing', { fault: json(service('legacy-billing')) });
  api.add('later');
  api.add('circle', {
    records: [
      service('circle-a', { needs: 'circle-b' }),
      service('circle-b', { needs: 'circle-a' }),
    ],
  });
  api.add('strict', {
    records: [
      service('strict-a', { needs: 'strict-b' }),
      service('strict-b', { needs: 'strict-a' }),
      service('strict-c', { needs: 'circle-a' }),
    ],
  });
  api.add('busy', { fault: limited('seconds', 3600) });
  api.add('twins', {
    records: [
      service('twin', { number: 1 }),
      service('twin', { number: 2, team: 'another' }),
    ],
  });
  api.add('dirty', {
    records: [service('clean'), service('dirty', { team: null })],
  });
}

const chained = {
  kind: 'Component',
  metadata: { name: '${{ serviceId }}' },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: '${{ team }}',
    dependsOn: ['component:${{ needs }}'],
  },
};

function sourcesOf(options: {
  registry: string;
  list: (name: string) => string;
  schedule: JsonObject;
}): JsonObject {
  const { registry, list, schedule } = options;
  return {
    registry: {
      url: list('legacy'),
      poll: false,
      locations: { allow: ['custom-data:*', 'url:*'] },
    },
    // Polled once; what is new comes by webhooks.
    services: { url: registry, ...SOON, schedule: seldom() },
    scheduled: { url: list('later'), schedule },
    circle: {
      url: list('circle'),
      ...SOON,
      id: 'serviceId',
      entity: chained,
    },
    strict: {
      url: list('strict'),
      ...SOON,
      id: 'serviceId',
      entity: chained,
      cycles: 'reject',
    },
    busy: { url: list('busy'), ...SOON },
    twins: { url: list('twins'), ...SOON, id: 'number' },
    dirty: { url: list('dirty'), ...SOON },
    pushed: {
      type: 'push',
      kinds: ['Component'],
      principals: [{ subject: 'pipeline', namespaces: ['default'] }],
    },
  };
}

function seldom() {
  return {
    frequency: { hours: 6 },
    timeout: { minutes: 5 },
    initialDelay: { seconds: 0 },
  };
}

/** The one block of the catalog's old backend that has a schedule. */
function readSchedule(block: string): JsonObject {
  const durations = block.matchAll(
    /^(frequency|timeout|initialDelay): \{ (\w+): (\d+) \}/gm,
  );
  return Object.fromEntries(
    [...durations].map(([, key, unit, number]) => [
      key,
      { [unit]: Number(number) },
    ]),
  );
}

/** A processor as the reference prints it. */
function moduleWith(processor: object) {
  return createBackendModule({
    pluginId: 'catalog',
    moduleId: 'printed-processor',
    register(env) {
      env.registerInit({
        deps: { processing: catalogProcessingExtensionPoint },
        async init({ processing }) {
          processing.addProcessor({
            getProcessorName: () => 'custom-data-processor',
            ...processor,
          });
        },
      });
    },
  });
}
