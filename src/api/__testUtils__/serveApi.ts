import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import express from 'express';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mockLogger } from '../../__testUtils__/mockLogger';
import type { SenderSettings } from '../../config/sender';
import { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { ownModel } from '../../validation/catalogSchemas';
import { SenderControl } from '../../webhooks/SenderControl';
import { type ApiContext, createApiRouter } from '../createApiRouter';
import { assertDocumented } from './assertDocumented';

export const USER = 'user:default/jane';

/** What the auditor heard of one event. */
interface Audited {
  eventId: string;
  severityLevel?: string;
  meta: unknown;
  outcome: string;
}

/** The API over HTTP and real tables, with what a test gives it beside. */
export async function serveApi(
  given: Partial<Omit<ApiContext, 'catalog'>> & {
    catalog?: Partial<ApiContext['catalog']>;
    senders?: SenderSettings[];
    /** Names of the permissions that callers have; all by default. */
    allowed?: string[];
    /** Whether callers may see an entity; they may see all by default. */
    isVisible?: (entityRef: string) => boolean;
    /** What another module does with each request before. */
    before?: express.RequestHandler;
  } = {},
) {
  const { allowed, before, senders = [], ...rest } = given;
  const { isVisible = () => true, ...options } = rest;
  const services = {
    logger: mockLogger(),
    now: () => new Date(),
    shutdown: new AbortController().signal,
    ...options,
  };
  const audited: Audited[] = [];
  const app = express();
  if (before) {
    app.use(before);
  }
  app.use(
    '/api/catalog',
    createApiRouter({
      httpAuth: mockServices.httpAuth(),
      permissions: permissionsOf(allowed),
      auditor: auditorOf(audited),
      usersMayWrite: true,
      catalog: catalogOf(isVisible),
      readModel: async () => ownModel(),
      subjects: new DeploymentSubjects(senders),
      senderControl: new SenderControl({
        ...services,
        knex: options.knex!,
        senders,
        misconfigured: [],
      }),
      ...services,
    } as ApiContext),
  );
  app.use(
    MiddlewareFactory.create({
      config: mockServices.rootConfig(),
      logger: mockLogger(),
    }).error(),
  );
  const server = http.createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    audited,
    /** Calls `GET /deliveries` and the like. */
    call: (call: string, more?: CallOptions) =>
      send(`${origin}/api/catalog/custom-data`, call, more),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type ServedApi = Awaited<ReturnType<typeof serveApi>>;

interface CallOptions {
  body?: unknown;
  /** The body as it stands, in place of JSON of `body`. */
  text?: string | Buffer;
  headers?: Record<string, string>;
  as?: 'nobody';
  accept?: string;
  /** Whether to give the headers of the answer, too. */
  withHeaders?: boolean;
  signal?: AbortSignal;
}

async function send(
  url: string,
  call: string,
  more: CallOptions = {},
): Promise<{ status: number; headers?: Headers; body: any }> {
  const [method, path] = call.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(more.accept && { accept: more.accept }),
      authorization:
        more.as === 'nobody'
          ? mockCredentials.none.header()
          : mockCredentials.user.header(USER),
      ...more.headers,
    },
    body:
      more.text ??
      (more.body === undefined ? undefined : JSON.stringify(more.body)),
    signal: more.signal,
  });
  const { status, headers } = response;
  const text = await response.text();
  const isLines = headers.get('content-type')?.includes('ndjson');
  const body = isLines ? `[${text.trim().replaceAll('\n', ',')}]` : text;
  const answer = { status, body: body ? JSON.parse(body) : undefined };
  const type = headers.get('content-type') ?? undefined;
  assertDocumented({ method, path }, { ...answer, type });
  return { ...answer, ...(more.withHeaders && { headers }) };
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
    authorizeConditional: async requests =>
      requests.map(() => ({ result: AuthorizeResult.CONDITIONAL } as any)),
  });
}

/** A catalog that shows an entity for each visible ref. */
function catalogOf(isVisible: (entityRef: string) => boolean) {
  return {
    getEntitiesByRefs: async ({ entityRefs }: { entityRefs: string[] }) => ({
      items: entityRefs.map(ref =>
        isVisible(ref)
          ? ({
              kind: 'Component',
              spec: { owner: 'group:default/owner' },
            } as any)
          : undefined,
      ),
    }),
  };
}

function auditorOf(audited: Audited[]) {
  return mockServices.auditor.mock({
    createEvent: async ({ eventId, severityLevel, meta }) => {
      const event: Audited = { eventId, severityLevel, meta, outcome: 'open' };
      audited.push(event);
      return {
        success: async more => {
          event.meta = { ...meta, ...more?.meta };
          event.outcome = 'success';
        },
        fail: async ({ error }) => {
          event.outcome = error.name;
        },
      };
    },
  });
}
