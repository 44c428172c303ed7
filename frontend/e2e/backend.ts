import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BACKEND_URL, backendEnv, METADATA_URL } from './addresses';

const ROOT = resolve(__dirname, '../..');
const WEBHOOK_SECRET = 'catalog-dev-webhook-secret';
const SOURCE = 'sources/service-registry';

/** The dev backend and its stand-in metadata API, as a process of their own. */
export class Backend {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly env: Record<string, string>,
  ) {}

  /** What it knows is in a folder, so that it outlives a restart. */
  static async start(env: Record<string, string> = {}): Promise<Backend> {
    const folder = await mkdtemp(join(tmpdir(), 'custom-data-e2e-'));
    const backend = new Backend(folder, env);
    await backend.run();
    return backend;
  }

  async run(): Promise<void> {
    this.#process = spawn(
      'npm',
      ['start', '--', '--config', 'dev/app-config.portal.yaml'],
      {
        cwd: ROOT,
        // A group of its own, since npm does not hand a signal on.
        detached: true,
        env: {
          ...process.env,
          ...backendEnv,
          ...this.env,
          APP_CONFIG_backend_database_connection: JSON.stringify({
            directory: this.folder,
          }),
        },
      },
    );
    const log = createWriteStream(join(this.folder, 'log'), { flags: 'a' });
    this.#process.stdout?.pipe(log, { end: false });
    this.#process.stderr?.pipe(log, { end: false });
    await until('the catalog shows what the source has', async () => {
      const { entities } = await this.call(`GET ${SOURCE}`);
      return entities > 0 && entities === (await this.countEntities());
    });
  }

  /** Stops the process, and keeps what it knows. */
  async halt(): Promise<void> {
    const running = this.#process;
    if (running?.pid && running.exitCode === null) {
      const gone = once(running, 'exit');
      process.kill(-running.pid, 'SIGTERM');
      await gone;
    }
    await until('nothing answers any more', () =>
      fetch(`${BACKEND_URL}/.backstage/health/v1/liveness`).then(
        () => false,
        () => true,
      ),
    );
  }

  async stop(): Promise<void> {
    await this.halt();
    await rm(this.folder, { recursive: true });
  }

  /** Calls the API of the module, as the service that may do everything. */
  async call(call: string, body?: object): Promise<any> {
    const [method, path] = call.split(' ');
    return request(`${BACKEND_URL}/api/catalog/custom-data/${path}`, {
      method,
      token: 'catalog-dev-token',
      body,
    });
  }

  /** Posts an event as the sender `ci` signs it; the answer has the id of the delivery. */
  async postWebhook(event: object): Promise<{ id: string }> {
    const body = JSON.stringify(event);
    const response = await fetch(
      `${BACKEND_URL}/api/catalog/custom-data/webhooks/ci`,
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Catalog-Signature': createHmac('sha256', WEBHOOK_SECRET)
            .update(body)
            .digest('hex'),
        },
        body,
      },
    );
    if (response.status !== 202) {
      throw new Error(`The webhook was answered with ${response.status}`);
    }
    return response.json();
  }

  async countEntities(): Promise<number> {
    const { totalItems } = await request(
      `${BACKEND_URL}/api/catalog/entities/by-query?filter=kind=component&limit=0`,
      { token: 'catalog-dev-token' },
    );
    return totalItems;
  }

  /** A run over the list, to its end. */
  async sync(): Promise<void> {
    const { runId } = await this.call(`POST ${SOURCE}/sync`, { force: true });
    await until('the run is over', async () => {
      const { items } = await this.call(`GET ${SOURCE}/runs`);
      const run = items.find(({ id }: { id: string }) => id === runId);
      return run !== undefined && run.outcome !== 'running';
    });
  }

  /** How the metadata API misbehaves, such as `empty`; `none` is well. */
  async misbehave(mode: string): Promise<void> {
    await request(`${METADATA_URL}/faults`, { method: 'POST', body: { mode } });
  }

  async readRecord(id: string): Promise<any> {
    return request(`${METADATA_URL}/metadata/${id}`, {
      token: 'metadata-dev-token',
    });
  }

  async writeRecord(record: { serviceId: string }): Promise<void> {
    await request(`${METADATA_URL}/metadata/${record.serviceId}`, {
      method: 'PUT',
      token: 'metadata-dev-token',
      body: record,
    });
  }
}

async function request(
  url: string,
  options: { method?: string; token?: string; body?: object },
): Promise<any> {
  const { method = 'GET', token, body } = options;
  const response = await fetch(url, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  }
  return text ? JSON.parse(text) : undefined;
}

const PATIENCE_MS = 240_000;
const PAUSE_MS = 250;

/** Waits for a condition; an attempt that fails does not meet it. */
export async function until(
  what: string,
  isMet: () => Promise<boolean>,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let last: unknown;
  while (Date.now() < end) {
    try {
      if (await isMet()) {
        return;
      }
    } catch (error) {
      last = error;
    }
    await new Promise(done => setTimeout(done, PAUSE_MS));
  }
  throw new Error(`Not so after ${PATIENCE_MS / 1000} s: ${what}`, {
    cause: last,
  });
}
