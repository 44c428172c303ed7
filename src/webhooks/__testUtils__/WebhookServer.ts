import express from 'express';
import type { Knex } from 'knex';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mockLogger } from '../../__testUtils__/mockLogger';
import type { SenderSettings } from '../../config/sender';
import type { Tables } from '../../database/__testUtils__/Tables';
import { createWebhookRouter } from '../router';
import { signBody } from '../verify/verifySignature';

export const KEY = Buffer.from('correct horse battery staple');
export const OLD_KEY = Buffer.from('the secret before the rotation');

export const payload = {
  event: 'deployment.success',
  service: 'payments',
  version: 'v1-in-the-payload',
  catalog_refresh: true,
  metadata: { owner: 'platform-team', environment: 'production' },
};
export const bodyText = JSON.stringify(payload);

export function sign(body: string | Buffer, key = KEY): string {
  return signBody({ body: Buffer.from(body), key }).toString('hex');
}

/** The route on a socket of its own, over a database in memory. */
export class WebhookServer {
  now = new Date('2026-11-22T12:00:00Z');
  readonly onVerified = jest.fn();
  readonly onQueued = jest.fn();
  readonly isPaused = jest.fn((_sender: string) => false);
  readonly logger = mockLogger();
  readonly auditFail = jest.fn(async () => {});
  readonly auditor = {
    createEvent: jest.fn(async () => ({
      fail: this.auditFail,
      success: async () => {},
    })),
  };
  readonly tracker = {
    accepted: jest.fn(),
    rejected: jest.fn(),
    refused: jest.fn(),
    limited: jest.fn(),
  };
  readonly knex: Knex;
  private held?: Knex.Transaction;
  private readonly servers: http.Server[] = [];

  constructor(private readonly tables: Tables) {
    this.knex = tables.knex;
  }

  /** URL of the webhooks, without a sender. */
  async start(
    senders: SenderSettings[],
    options: {
      before?: express.RequestHandler;
      bodyDeadlineMs?: number;
      storeDeadlineMs?: number;
    } = {},
  ): Promise<string> {
    const app = express();
    if (options.before) {
      app.use(options.before);
    }
    app.use(
      '/api/catalog',
      createWebhookRouter({
        ...this,
        ...options,
        senders,
        now: () => this.now,
      }),
    );
    app.use((_req, res) => {
      res.status(404).send('the rest of the catalog');
    });
    const server = http.createServer(app).listen(0, '127.0.0.1');
    this.servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/catalog/custom-data/webhooks`;
  }

  /** What is stored, in the order of arrival. */
  async stored(): Promise<any[]> {
    const rows = await this.knex('custom_data_deliveries').orderBy('sequence');
    return rows.map(({ event, ...row }) => ({
      ...row,
      event: JSON.parse(event),
    }));
  }

  /** Takes the only connection of the database, until `recover` is called. */
  async hang(): Promise<void> {
    this.held = await this.knex.transaction();
  }

  async recover(): Promise<void> {
    await this.held?.rollback();
    this.held = undefined;
  }

  /** How many statements wait for the connection. */
  waiting(): number {
    return this.knex.client.pool.numPendingAcquires();
  }

  /** Makes the database refuse each delivery, in this test. */
  async failToStore(): Promise<void> {
    this.tables.spoil();
    await this.knex.raw(
      `create trigger refuse before insert on custom_data_deliveries
       begin select raise(abort, 'refused'); end`,
    );
  }

  async stop(): Promise<void> {
    await this.recover();
    this.servers.splice(0).forEach(server => {
      server.closeAllConnections();
      server.close();
    });
  }

  /** Everything in the log and the audit trail. */
  logged(): string {
    const { error, warn, info, debug } = this.logger;
    return JSON.stringify([
      ...[error, warn, info, debug].map(level => level.mock.calls),
      this.auditor.createEvent.mock.calls,
      this.auditFail.mock.calls.map(call =>
        JSON.stringify(call, (_, value) =>
          value instanceof Error ? value.message : value,
        ),
      ),
    ]);
  }
}

/** Posts with a signature over the body, unless the headers say otherwise. */
export function post(
  url: string,
  options: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { body = bodyText, headers } = options;
  return fetch(url, {
    method: 'POST',
    body: body as string,
    headers: {
      'content-type': 'application/json',
      ...headers,
      'x-catalog-signature': headers?.['x-catalog-signature'] ?? sign(body),
    },
  });
}

/** A POST that is written by hand. */
export function open(
  url: string,
  headers: http.OutgoingHttpHeaders = {},
): http.ClientRequest {
  const request = http.request(new URL(url), { method: 'POST', headers });
  // The server may hang up, which is for the test to see in the answer.
  request.on('error', () => {});
  return request;
}

export async function answerTo(
  request: http.ClientRequest,
): Promise<http.IncomingMessage> {
  const [response] = await once(request, 'response');
  response.resume();
  return response;
}

/** Waits until something is so; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
