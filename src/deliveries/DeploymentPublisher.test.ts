import { ConfigReader } from '@backstage/config';
import { DefaultEventsService } from '@backstage/plugin-events-node';
import { mockLogger } from '../__testUtils__/mockLogger';
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
      logger: mockLogger(),
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

  it('names the target, if there is one, beside the environment', async () => {
    const events = { publish: jest.fn(async () => {}) };
    const inTarget = { ...deployment, target: 'eu' };
    await new DeploymentPublisher(events).publish(inTarget);
    expect(events.publish).toHaveBeenCalledWith(
      expect.objectContaining({
        eventPayload: inTarget,
        metadata: expect.objectContaining({
          environment: 'production',
          target: 'eu',
        }),
      }),
    );
  });

  const publish = jest.fn<Promise<void>, []>();
  const fail = async () => {
    throw new Error('status 500');
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
});
