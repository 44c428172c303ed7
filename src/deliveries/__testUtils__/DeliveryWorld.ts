import type { Knex } from 'knex';
import { mockLogger } from '../../__testUtils__/mockLogger';
import { aSender } from '../../config/__testUtils__/aSender';
import type { SenderSettings } from '../../config/sender';
import { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import { annotationsOf } from '../../deployments/annotations';
import { findCurrentDeployments } from '../../deployments/database/readDeployments';
import type { DeploymentEvent } from '../../deployments/deployment';
import { inChunks } from '../../lib/inChunks';
import type { Refresher } from '../../locations/createRefresher';
import { DeliveryProcessor } from '../DeliveryProcessor';
import { DeliveryWorker } from '../DeliveryWorker';
import type { Delivery } from '../delivery';
import type { PublishedDeployment } from '../DeploymentPublisher';
import { findDelivery } from '../database/readLog';
import { acceptDeliveries } from './acceptDeliveries';
import { newDelivery } from './newDelivery';

const START = Date.parse('2026-11-22T12:00:00.000Z');

/** Lets all go on that waits for no timer. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 100; i++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}

export const refOf = (service: string) => `component:default/${service}`;

/** Deliveries in real tables, beside a catalog and an events service that note what they are asked. */
export class DeliveryWorld {
  now = new Date(START);
  senders: SenderSettings[] = [aSender(), aSender({ name: 'argo' })];
  misconfigured: SenderSettings[] = [];
  readonly published: PublishedDeployment[] = [];
  readonly logger = mockLogger();
  readonly tracker = { attempted: jest.fn(), deployed: jest.fn() };
  /** Gets the deliveries that the catalog is to show soon. */
  readonly onRecorded = jest.fn((_delivery: Delivery) => {});
  readonly publish = jest.fn(async (event: PublishedDeployment) => {
    this.published.push(event);
  });
  readonly refreshKeys = jest.fn(async (_keys: string[]) => {});
  readonly refreshEntity: jest.MockedFunction<Refresher['refreshEntity']> =
    jest.fn(async _options => 'unknown' as const);
  readonly onDeliveryDue = jest.fn();

  constructor(readonly knex: Knex) {}

  /** Has the catalog have entities of these names. */
  async addEntities(...names: string[]): Promise<void> {
    for (const chunk of inChunks(names, 100)) {
      await this.knex('refresh_state')
        .insert(chunk.map(name => ({ entity_ref: refOf(name) })))
        .onConflict('entity_ref')
        .ignore();
    }
  }

  /** Has a delivery arrive now about a service that the catalog has; its id. The version names both. */
  async add(
    version: string,
    more: Partial<DeploymentEvent> & { sender?: string } = {},
  ): Promise<string> {
    const { service = version } = more;
    await this.addEntities(service.toLowerCase());
    return this.addUnknown(version, more);
  }

  /** The same, about a service that the catalog may not have. */
  async addUnknown(
    version: string,
    more: Partial<DeploymentEvent> & { sender?: string } = {},
  ): Promise<string> {
    const delivery = newDelivery({ version, service: version, ...more });
    const [id] = await acceptDeliveries(this.knex, [delivery], this.now);
    return id;
  }

  /** As many deliveries about services `s0`, `s1` and so on. */
  async addMany(
    count: number,
    more: Partial<DeploymentEvent> = {},
  ): Promise<void> {
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    await this.addEntities(...names);
    // With an id and a time, they are stored without a look at earlier ones.
    const time = this.now.toISOString();
    await acceptDeliveries(
      this.knex,
      names.map(name =>
        newDelivery({
          version: name,
          service: name,
          externalId: name,
          time,
          ...more,
        }),
      ),
      this.now,
    );
  }

  wait(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  /** Has time stand still until `pass`; `jest.useRealTimers()` ends that. */
  fakeTimers(): void {
    jest.useFakeTimers({
      now: this.now,
      doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'hrtime'],
    });
  }

  /** Lets time pass, and after each step all that waits for no timer. */
  async pass(ms: number, stepMs = 1000): Promise<void> {
    await turn();
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(left, stepMs);
      this.wait(step);
      await jest.advanceTimersByTimeAsync(step);
      await turn();
    }
  }

  subjects(): DeploymentSubjects {
    return new DeploymentSubjects([...this.senders, ...this.misconfigured]);
  }

  processor(): DeliveryProcessor {
    return new DeliveryProcessor({
      knex: this.knex,
      senders: this.senders,
      subjects: this.subjects(),
      refresher: {
        refreshKeys: this.refreshKeys,
        refreshEntity: this.refreshEntity,
      },
      events: {
        publish: async ({ eventPayload }) =>
          this.publish(eventPayload as PublishedDeployment),
      },
    });
  }

  worker(
    processor: Pick<DeliveryProcessor, 'record' | 'process'> = this.processor(),
  ): DeliveryWorker {
    return new DeliveryWorker({
      knex: this.knex,
      processor,
      tracker: this.tracker,
      onRecorded: this.onRecorded,
      logger: this.logger,
      now: () => this.now,
      random: () => 1,
    });
  }

  /** Processes what is due. */
  async run(worker = this.worker()): Promise<void> {
    let claimed;
    do {
      claimed = await worker.claim();
      await claimed.ended;
    } while (claimed.count > 0);
  }

  /** The state of each delivery, by its version. */
  async states(): Promise<Record<string, string>> {
    const rows = await this.knex('custom_data_deliveries').orderBy('sequence');
    return Object.fromEntries(
      rows.map(({ event, state }) => [JSON.parse(event)?.version, state]),
    );
  }

  async find(id: string) {
    return (await findDelivery({ knex: this.knex, id }))!;
  }

  /** What an entity shows. */
  async shown(service: string): Promise<Record<string, string>> {
    const current = await findCurrentDeployments({
      knex: this.knex,
      subjects: this.subjects(),
      entityRefs: [refOf(service)],
    });
    return annotationsOf(current.get(refOf(service)) ?? []);
  }

  /** Has fetches wait until they are let go, by service. */
  holdFetches(): Map<string, (error?: Error) => void> {
    const held = new Map<string, (error?: Error) => void>();
    this.refreshEntity.mockImplementation(
      ({ entityRef }) =>
        new Promise((resolve, reject) => {
          held.set(entityRef.slice(refOf('').length), error =>
            error ? reject(error) : resolve('refreshed'),
          );
        }),
    );
    return held;
  }

  /** Has publishing wait until it is let go. */
  holdPublishing(): Array<() => void> {
    const ends: Array<() => void> = [];
    this.publish.mockImplementation(
      event =>
        new Promise(resolve => {
          ends.push(() => {
            this.published.push(event);
            resolve();
          });
        }),
    );
    return ends;
  }
}
