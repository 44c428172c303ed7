import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import type { ServerResponse } from 'node:http';
import type { SourceSettings } from '../../config/source';
import type { SourceSync } from '../../ingestion/SourceSync';
import { connectSync } from '../../ingestion/__testUtils__/connectSync';
import {
  FakeCatalog,
  FakeClock,
  settingsOf,
} from '../../ingestion/__testUtils__/fakes';
import {
  closeServers,
  startServer,
  type TestServer,
} from '../../sources/__testUtils__/servers';
import { createTrials } from '../../wiring/candidate/createTrials';
import {
  prepareSource,
  type PreparedSource,
} from '../../wiring/prepareSources';
import { serveApi, type ServedApi } from './serveApi';

export const template = (spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: '${{ name }}' },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: '${{ owner }}',
    ...spec,
  },
});

export const service = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  name: id,
  owner: 'team-a',
  ...more,
});

const signal = new AbortController().signal;

/** A metadata API, a source that reads it, and the API that shows dry runs. */
export class DryRunWorld {
  readonly catalog: FakeCatalog;
  readonly clock = new FakeClock();
  /** Of the metadata API; it never answers without a body. */
  answer: {
    status: number;
    headers?: Record<string, string>;
    body?: JsonValue;
  } = { status: 200, body: [] };
  sync!: SourceSync;
  /** What sends the requests of a dry run that the source's own reader does not send. */
  readonly send = jest.fn(
    (_source: string, ...request: Parameters<typeof fetch>) =>
      fetch(...request),
  );
  #api: ServedApi | undefined;

  private constructor(readonly knex: Knex, readonly registry: TestServer) {
    this.catalog = new FakeCatalog(knex);
  }

  static async start(knex: Knex): Promise<DryRunWorld> {
    const worlds: DryRunWorld[] = [];
    const registry = await startServer((_, res) => worlds[0].#send(res));
    worlds.push(new DryRunWorld(knex, registry));
    return worlds[0];
  }

  #send(res: ServerResponse): void {
    const { status, headers, body } = this.answer;
    if (body !== undefined) {
      const type = { 'content-type': 'application/json' };
      res.writeHead(status, { ...type, ...headers });
      res.end(JSON.stringify(body));
    }
  }

  async serve(
    settings: Partial<SourceSettings> = {},
    more: Parameters<typeof serveApi>[0] = {},
  ): Promise<ServedApi> {
    const { knex, catalog, clock } = this;
    const { now } = clock;
    const source = await this.#prepare(settings);
    this.sync = connectSync({ knex, catalog, clock, ...source });
    const sources = new Map([['registry', source]]);
    this.#api = await serveApi({
      knex,
      syncs: new Map([['registry', this.sync]]),
      misconfigured: new Map(),
      startTrial: createTrials({
        sources,
        placeholders: [],
        now,
        fetchOf: name => (input, init) => this.send(name, input, init),
      }),
      now,
      ...more,
    });
    return this.#api;
  }

  async #prepare(settings: Partial<SourceSettings>): Promise<PreparedSource> {
    const outcome = await prepareSource({
      settings: settingsOf({
        url: `${this.registry.origin}/metadata`,
        headers: { Authorization: 'Bearer of-the-source' },
        entity: [template()],
        request: { ...settingsOf().request, maxBytes: 1_000_000 },
        ...settings,
      }),
      placeholders: [],
      extensions: { sources: new Map(), transformers: new Map() },
      now: this.clock.now,
    });
    if (outcome.type === 'faulty') {
      throw new Error(JSON.stringify(outcome.faults));
    }
    return outcome.source;
  }

  /** A run over a list with these records. */
  async poll(records: JsonObject[]): Promise<void> {
    this.answer = { status: 200, body: records };
    await this.sync.poll({ kind: 'poll', signal });
    this.clock.advance(60_000);
  }

  async stop(): Promise<void> {
    await this.#api?.stop();
    await closeServers();
  }
}
