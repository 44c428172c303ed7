import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import express from 'express';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApiRouter, type ApiRouterOptions } from '../createApiRouter';

export const USER = 'user:default/jane';

/** What the auditor heard of one event. */
interface Audited {
  eventId: string;
  severityLevel?: string;
  meta: unknown;
  outcome: string;
}

/** The API over HTTP, with what a test gives it to work with. */
export async function serveApi(
  given: Partial<ApiRouterOptions> & {
    /** Names of the permissions that callers have; without it, all. */
    allowed?: string[];
  },
) {
  const { allowed, ...options } = given;
  const audited: Audited[] = [];
  const app = express();
  app.use(
    '/api/catalog',
    createApiRouter({
      httpAuth: mockServices.httpAuth(),
      permissions: permissionsOf(allowed),
      auditor: auditorOf(audited),
      usersMayWrite: true,
      visibleRefs: async refs => new Set(refs),
      ...options,
    } as ApiRouterOptions),
  );
  app.use(
    MiddlewareFactory.create({
      config: mockServices.rootConfig(),
      logger: mockServices.logger.mock(),
    }).error(),
  );
  const server = http.createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    audited,
    /** Calls `GET /deliveries` and the like. */
    call: (call: string, more?: { body?: unknown; as?: 'nobody' }) =>
      send(`http://127.0.0.1:${port}/api/catalog/custom-data`, call, more),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type ServedApi = Awaited<ReturnType<typeof serveApi>>;

async function send(
  url: string,
  call: string,
  more: { body?: unknown; as?: unknown } = {},
): Promise<{ status: number; body: any }> {
  const [method, path] = call.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization:
        more.as === 'nobody'
          ? mockCredentials.none.header()
          : mockCredentials.user.header(USER),
    },
    body: more.body === undefined ? undefined : JSON.stringify(more.body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

function permissionsOf(allowed?: string[]) {
  return mockServices.permissions.mock({
    authorize: async requests =>
      requests.map(({ permission }) => ({
        result:
          !allowed || allowed.includes(permission.name)
            ? AuthorizeResult.ALLOW
            : AuthorizeResult.DENY,
      })),
  });
}

function auditorOf(audited: Audited[]) {
  return mockServices.auditor.mock({
    createEvent: async ({ eventId, severityLevel, meta }) => {
      const event: Audited = { eventId, severityLevel, meta, outcome: 'open' };
      audited.push(event);
      return {
        success: async () => {
          event.outcome = 'success';
        },
        fail: async ({ error }) => {
          event.outcome = error.name;
        },
      };
    },
  });
}
