import type { JsonObject, JsonValue } from '@backstage/types';
import type { IncomingMessage, RequestListener } from 'node:http';
import {
  HttpRecordSource,
  type HttpRecordSourceOptions,
} from '../http/HttpRecordSource';
import type { Validators } from '../httpValidators';
import { collectingSink } from './collectingSink';
import { NOW } from './fetchFrom';
import { startServer } from './servers';

type Overrides = Partial<Omit<HttpRecordSourceOptions, 'settings'>> & {
  settings?: Partial<HttpRecordSourceOptions['settings']>;
  path?: string;
};

/**
 * A source that reads from a server of its own. Its waits take no time and move
 * its clock, and random ones are as long as possible.
 */
export async function startSource(
  listener: RequestListener,
  overrides: Overrides = {},
) {
  const server = await startServer(listener);
  const { origin } = server;
  const clock = { ms: NOW.getTime() };
  const waits: number[] = [];
  const { settings, path = '/list', ...options } = overrides;
  const source = new HttpRecordSource({
    settings: {
      name: 'services',
      url: `${origin}${path}`,
      recordUrl: `${origin}/records/{id}`,
      method: 'GET',
      headers: {},
      pagination: { type: 'none' },
      request: {
        timeoutMs: 30_000,
        maxBytes: 100_000,
        maxDepth: 32,
        retries: 3,
        concurrency: 4,
      },
      ...settings,
    },
    selectRecords: async answer => answer as JsonValue[],
    timeLimitMs: 300_000,
    now: () => new Date(clock.ms),
    random: () => 1,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      waits.push(ms);
      clock.ms += ms;
    },
    ...options,
  });
  const { signal } = new AbortController();
  /** The answer, with the records of the complete pages. */
  const list = async (validators?: Validators) => {
    const { sink, records } = collectingSink();
    const answer = await source.list({ validators, signal, sink });
    return answer.type === 'listed' ? { ...answer, records } : answer;
  };
  const read = (recordId = 'a') => source.read({ recordId, signal });
  return { server, origin, source, clock, waits, list, read };
}

export function sendJson(
  response: Parameters<RequestListener>[1],
  value: JsonValue,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Records `{ id: 'r0' }` to `{ id: 'r<count - 1>' }`. */
export function recordsOf(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({ id: `r${index}` }));
}
