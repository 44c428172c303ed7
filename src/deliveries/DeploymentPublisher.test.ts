import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { DefaultEventsService } from '@backstage/plugin-events-node';
import {
  DeploymentPublisher,
  type PublishedDeployment,
} from './DeploymentPublisher';

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

describe('DeploymentPublisher', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls subscribers, with what they may select by beside the payload', async () => {
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
    await new DeploymentPublisher(events).publish(deployment);
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

  const publish = jest.fn<Promise<void>, []>();
  const fail = async () => {
    throw new Error('status 500');
  };
  /** What each of so many calls came to, one after the other. */
  const publishAll = async (publisher: DeploymentPublisher, count: number) => {
    const results: string[] = [];
    for (let i = 0; i < count; i++) {
      results.push(
        await publisher.publish(deployment).then(
          () => 'published',
          error => error.name,
        ),
      );
    }
    return results;
  };

  it('rejects where the events backend fails, without the payload', async () => {
    publish.mockImplementation(fail);
    const error = await new DeploymentPublisher({ publish })
      .publish(deployment)
      .catch(e => e);
    expect(error.message).toMatch(/"catalog.deployment".*status 500/);
    expect(error.message).not.toContain('private');
  });

  it('rejects after ten seconds without an answer', async () => {
    publish.mockImplementation(() => new Promise(() => {}));
    const outcome = new DeploymentPublisher({ publish })
      .publish(deployment)
      .catch(error => error);
    await jest.advanceTimersByTimeAsync(10_000);
    expect((await outcome).message).toContain('timed out after 10000ms');
  });

  it('publishes nothing for five seconds after five failures in a row', async () => {
    const publisher = new DeploymentPublisher({ publish });
    publish.mockReset().mockImplementation(fail);
    await expect(publishAll(publisher, 6)).resolves.toEqual([
      ...Array(5).fill('Error'),
      'RetryLaterError',
    ]);
    expect(publish).toHaveBeenCalledTimes(5);
    publish.mockResolvedValue();
    await jest.advanceTimersByTimeAsync(4_999);
    await expect(publishAll(publisher, 1)).resolves.toEqual([
      'RetryLaterError',
    ]);
    await jest.advanceTimersByTimeAsync(1);
    await expect(publishAll(publisher, 2)).resolves.toEqual([
      'published',
      'published',
    ]);
  });

  it('does not stop for failures with a success between them', async () => {
    const publisher = new DeploymentPublisher({ publish });
    publish.mockReset().mockResolvedValue();
    for (let i = 0; i < 3; i++) {
      for (let failures = 0; failures < 4; failures++) {
        publish.mockImplementationOnce(fail);
      }
      await expect(publishAll(publisher, 5)).resolves.toEqual([
        ...Array(4).fill('Error'),
        'published',
      ]);
    }
  });

  it('tries once after the pause, and pauses again where that fails', async () => {
    const publisher = new DeploymentPublisher({ publish });
    publish.mockReset().mockImplementation(fail);
    await publishAll(publisher, 5);
    await jest.advanceTimersByTimeAsync(5_000);
    await expect(publishAll(publisher, 2)).resolves.toEqual([
      'Error',
      'RetryLaterError',
    ]);
    await jest.advanceTimersByTimeAsync(4_999);
    await expect(publishAll(publisher, 1)).resolves.toEqual([
      'RetryLaterError',
    ]);
  });
});
