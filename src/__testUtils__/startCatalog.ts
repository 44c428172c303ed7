import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import type { BackendFeature } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import type { Knex } from 'knex';
import { catalogModuleCustomData } from '../module';
import { quickScheduler } from './quickScheduler';
import { sendWebhook, type SendOptions } from './sendWebhook';
import { WEBHOOK_SECRET } from './signWebhook';

/** Taken here, since to load it adds a hook, which is too late within a test. */
const startBackend = startTestBackend;

/** A schedule that a test does not have to wait for. */
export const SOON = {
  schedule: {
    frequency: { seconds: 1 },
    timeout: { minutes: 5 },
    initialDelay: { seconds: 0 },
  },
  backoff: { initial: { seconds: 1 }, max: { seconds: 2 } },
};

export const SENDER = {
  secrets: [{ id: 'test', secret: WEBHOOK_SECRET }],
};

export interface StartCatalogOptions {
  knex: Knex;
  customData: JsonObject;
  catalog?: JsonObject;
  /** Keys of the configuration beside those of the catalog. */
  config?: JsonObject;
  /** Whether `permission.enabled` is set. */
  permission?: boolean;
  /** Whether tasks that nobody can configure run each second; true by default. */
  quick?: boolean;
  /** Whether the catalog is without this module. */
  alone?: boolean;
  /** In place of the services that a test backend has. */
  features?: BackendFeature[];
}

/** The real catalog with this module, its real scheduler, and real HTTP. */
export async function startCatalog(options: StartCatalogOptions) {
  const { knex, customData, catalog, permission = false } = options;
  const { config, quick = true, alone = false } = options;
  const logger = mockServices.rootLogger.mock({
    child: () => logger,
  });
  const backend = await startBackend({
    features: [
      catalogPlugin,
      ...(alone ? [] : [catalogModuleCustomData]),
      quick ? quickScheduler : schedulerServiceFactory,
      logger.factory,
      mockServices.database.factory({ knex }),
      ...(options.features ?? []),
      mockServices.rootConfig.factory({
        data: {
          ...config,
          permission: { enabled: permission },
          catalog: {
            rules: [{ allow: ['Component', 'Resource', 'Location'] }],
            processingInterval: { seconds: 2 },
            stitchingStrategy: {
              pollingInterval: { milliseconds: 100 },
            },
            ...catalog,
            customData,
          },
        },
      }),
    ],
  });
  const url = `http://127.0.0.1:${backend.server.port()}/api/catalog`;
  return {
    url,
    logger,
    stop: () => backend.stop(),
    entity: (name: string, kind?: string) => readEntity(url, name, kind),
    entities: (kind?: string) => readEntities(url, kind),
    /** Calls the API below `/custom-data`, as a service unless told otherwise. */
    api: (call: string, more?: { body?: unknown; as?: string }) =>
      callApi(url, call, more),
    /** Posts a webhook; a text goes as it stands. */
    post: (payload: object | string, more?: SendOptions) =>
      sendWebhook(url, payload, more),
  };
}

async function readEntity(
  url: string,
  name: string,
  kind: string = 'component',
): Promise<Entity | undefined> {
  const response = await fetch(
    `${url}/entities/by-name/${kind}/default/${name}`,
  );
  return response.ok ? ((await response.json()) as Entity) : undefined;
}

/** The names of all entities of a kind, sorted. */
async function readEntities(
  url: string,
  kind: string = 'component',
): Promise<string[]> {
  const response = await fetch(`${url}/entities?filter=kind=${kind}`);
  const entities = (await response.json()) as Entity[];
  return entities.map(entity => entity.metadata.name).sort();
}

async function callApi(
  url: string,
  call: string,
  more: { body?: unknown; as?: string } = {},
): Promise<{ status: number; body: any }> {
  const [method, path] = call.split(' ');
  const response = await fetch(`${url}/custom-data${path}`, {
    method,
    headers: {
      Authorization: more.as ?? mockCredentials.service.header(),
      'Content-Type': 'application/json',
    },
    body: more.body === undefined ? undefined : JSON.stringify(more.body),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text ? JSON.parse(text) : undefined,
  };
}

/** The default payload. */
export function deployment(version: string, overrides: object = {}) {
  return {
    event: 'deployment.success',
    service: 'a',
    version,
    catalog_refresh: false,
    metadata: { owner: 'U123', environment: 'production' },
    ...overrides,
  };
}
