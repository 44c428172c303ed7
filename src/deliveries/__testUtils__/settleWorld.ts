import { mockServices } from '@backstage/backend-test-utils';
import { aSender } from '../../config/__testUtils__/aSender';
import type { SenderSettings } from '../../config/settings';
import { FakeDeployments } from './FakeDeployments';
import { aDelivery, minutes } from './aDelivery';
import { DeploymentSubjects } from '../../deployments/DeploymentSubjects';
import type { DeploymentEvent } from '../../deployments/deployment';
import type { Refresher } from '../../locations/createRefresher';
import {
  createDeliveryWorker,
  type DeliveryWorkerOptions,
} from '../createDeliveryWorker';
import type { Delivery, PublishedDeployment } from '../delivery';
import { FakeDeliveries } from './FakeDeliveries';

export const refOf = (service: string) => `component:default/${service}`;

/** What a worker works with, in memory, and what it has done there. */
export class SettleWorld {
  now = minutes(0);
  senders: SenderSettings[] = [aSender(), aSender({ name: 'argo' })];
  /** Senders of which only what they are about is known. */
  misconfigured: SenderSettings[] = [];
  readonly deliveries = new FakeDeliveries();
  readonly deployments = new FakeDeployments(() => this.subjects());
  /** What the catalog does not have. */
  readonly missing = new Set<string>();
  readonly published: PublishedDeployment[] = [];
  readonly logger = mockServices.logger.mock();
  readonly tracker = { settled: jest.fn() };
  readonly publish = jest.fn(async (event: PublishedDeployment) => {
    this.published.push(event);
  });
  readonly refreshKeys = jest.fn(async (_keys: string[]) => {});
  readonly refreshEntity: jest.MockedFunction<Refresher['refreshEntity']> =
    jest.fn(async ({ entityRef }) =>
      this.missing.has(entityRef) ? 'unknown' : 'refreshed',
    );
  readonly locationKeys = jest.fn(
    async (refs: string[]) =>
      new Map(
        refs.filter(ref => !this.missing.has(ref)).map(ref => [ref, null]),
      ),
  );
  private arrivals = 0;

  /** Has a delivery arrive now, of which the version names it. */
  add(
    version: string,
    event: Partial<DeploymentEvent> = {},
    overrides: Partial<Delivery> = {},
  ): Delivery {
    const delivery = aDelivery(
      ++this.arrivals,
      { version, service: version, ...event },
      { receivedAt: this.now, queuedAt: this.now, ...overrides },
    );
    this.deliveries.add(delivery);
    return delivery;
  }

  /** As many deliveries of services of their own. */
  addMany(count: number, event: Partial<DeploymentEvent> = {}): void {
    for (let i = 0; i < count; i++) {
      this.add(`s${i}`, event);
    }
  }

  wait(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  /** Has only `pass` let timers run; the test ends that. */
  fakeTimers(): void {
    jest.useFakeTimers({
      now: this.now,
      doNotFake: ['setImmediate', 'nextTick'],
    });
  }

  /** Lets seconds pass, where timers are fake. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.wait(1000);
      await jest.advanceTimersByTimeAsync(1000);
      await turn();
    }
  }

  subjects(): DeploymentSubjects {
    return new DeploymentSubjects([...this.senders, ...this.misconfigured]);
  }

  options(): DeliveryWorkerOptions {
    return {
      deliveries: this.deliveries,
      deployments: this.deployments,
      subjects: this.subjects(),
      senders: this.senders,
      refresher: {
        refreshKeys: this.refreshKeys,
        refreshEntity: this.refreshEntity,
      },
      registry: { locationKeys: this.locationKeys },
      publisher: { publish: this.publish },
      tracker: this.tracker,
      logger: this.logger,
      now: () => this.now,
      elapsed: () => this.now.getTime(),
      random: () => 1,
    };
  }

  worker(overrides: Partial<DeliveryWorkerOptions> = {}) {
    return createDeliveryWorker({ ...this.options(), ...overrides });
  }

  /** Settles what is due. */
  run(): Promise<void> {
    return this.worker().run(new AbortController().signal);
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
}

/** Lets all go on that waits for nothing else. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
