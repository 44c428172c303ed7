import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { percentile, type Figures } from '../lib/report';
import { serveParent, Worker } from '../lib/Worker';
import type { Issuer } from './issuer';
import { createRequest } from './request';

/** Services whose deployments are told. The catalog does not know them. */
const SERVICES = 500;

export interface Load {
  subject: string;
  port: number;
  connections: number;
  requests: number;
  /** Of the subject with tokens. */
  issuer?: Issuer;
}

export interface LoadResult {
  /** Among them "errors": requests that were not answered 202. */
  figures: Figures;
  /** Ids of those that were. */
  accepted: string[];
}

/** Starts a process that sends. */
export function startSender() {
  const worker = new Worker(__filename);
  return {
    send: (load: Load) => worker.ask<LoadResult>('send', load),
    stop: () => worker.kill(),
  };
}

const run = Date.now().toString(36);
let made = 0;

/** On each connection, sends the next request once the one before is answered. */
export async function sendAll(load: Load): Promise<LoadResult> {
  const { subject, port, connections, issuer } = load;
  // All are signed before anything is measured.
  const requests = Array.from({ length: load.requests }, () => {
    made += 1;
    const id = `${run}-${made}`;
    const service = `service-${made % SERVICES}`;
    return { id, ...createRequest({ subject, id, service, issuer }) };
  });
  globalThis.gc?.();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const common = { agent, host: '127.0.0.1', port, method: 'POST' };
  const accepted: string[] = [];
  const latencies: number[] = [];
  const startedAt = performance.now();
  const unsent = requests.values();
  const sendOn = async () => {
    for (const { id, body, ...request } of unsent) {
      const sentAt = performance.now();
      const status = await send({ ...common, ...request }, body);
      latencies.push(performance.now() - sentAt);
      if (status === 202) {
        accepted.push(id);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, sendOn));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  const figures = {
    'per second': requests.length / seconds,
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
    errors: requests.length - accepted.length,
  };
  return { figures, accepted };
}

/** The status of the answer; undefined where there is none. */
function send(options: RequestOptions, body: Buffer) {
  return new Promise<number | undefined>(resolve => {
    const request = httpRequest(options, response => {
      response.on('end', () => resolve(response.statusCode));
      response.on('error', () => resolve(undefined)).resume();
    });
    request.on('error', () => resolve(undefined)).end(body);
  });
}

if (require.main === module) {
  serveParent({ send: sendAll });
}
