import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import {
  DefaultEventsService,
  type EventsService,
} from '@backstage/plugin-events-node';
import type { PublishedDeployment } from './delivery';
import { createDeploymentPublisher } from './createDeploymentPublisher';

const deployment: PublishedDeployment = {
  deliveryId: 'delivery-1',
  sender: 'ci',
  service: 'payments-api',
  environment: 'production',
  status: 'success',
  version: 'private-version',
  eventAt: '2026-11-22T12:00:00.000Z',
  entityRef: 'component:default/payments-api',
  state: 'done',
  current: true,
};

describe('createDeploymentPublisher', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('tells subscribers, with what they may choose by beside the payload', async () => {
    const events = DefaultEventsService.create({
      logger: mockServices.logger.mock(),
      config: new ConfigReader({}),
    });
    const onEvent = jest.fn();
    await events.subscribe({
      id: 'test',
      topics: ['catalog.deployment'],
      onEvent,
    });
    await createDeploymentPublisher({ events }).publish(deployment);
    expect(onEvent.mock.calls).toEqual([
      [
        {
          topic: 'catalog.deployment',
          eventPayload: deployment,
          metadata: {
            sender: 'ci',
            environment: 'production',
            status: 'success',
            deliveryId: 'delivery-1',
          },
        },
      ],
    ]);
  });

  const publisherOf = (publish: EventsService['publish']) =>
    createDeploymentPublisher({ events: { publish, subscribe: jest.fn() } });

  it('rejects where the events backend fails, without the payload', async () => {
    const publisher = publisherOf(async () => {
      throw new Error('status 500');
    });
    const error = await publisher.publish(deployment).catch(e => e);
    expect(error.message).toMatch(/catalog.deployment.*status 500/);
    expect(error.message).not.toContain('private');
  });

  it('does not wait for it for ever', async () => {
    jest.useFakeTimers();
    const outcome = publisherOf(() => new Promise(() => {}))
      .publish(deployment)
      .catch(error => error);
    await jest.advanceTimersByTimeAsync(10_000);
    expect((await outcome).message).toContain('Took over 10000 ms');
  });
});
