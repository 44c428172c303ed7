import { mockServices } from '@backstage/backend-test-utils';
import { createCleanup } from './createCleanup';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const day = 24 * 3_600_000;
const daysAgo = (days: number) => new Date(NOW.getTime() - days * day);

describe('createCleanup', () => {
  const store = {
    deleteDeliveries: jest.fn(),
    deleteRuns: jest.fn(),
    deleteReads: jest.fn(),
    deleteDeployments: jest.fn(),
    deleteRemovedHeads: jest.fn(),
  };
  const subjects = { entityRefOf: jest.fn(), subjectsOf: jest.fn() };
  const { signal } = new AbortController();
  let logger: ReturnType<typeof mockServices.logger.mock>;

  const cleanup = (given = signal, deploymentsMs = 365 * day) =>
    createCleanup({
      retention: { deliveriesMs: 30 * day, runsMs: 7 * day, deploymentsMs },
      store,
      subjects,
      logger,
      now: () => NOW,
    })(given);

  beforeEach(() => {
    jest.resetAllMocks();
    logger = mockServices.logger.mock();
    Object.values(store).forEach(mock => mock.mockResolvedValue(0));
  });

  it('removes what is past its retention, and says so', async () => {
    store.deleteDeliveries.mockResolvedValue(12);
    store.deleteDeployments.mockResolvedValue(3);
    await cleanup();
    expect(store.deleteDeliveries).toHaveBeenCalledWith(daysAgo(30), signal);
    expect(store.deleteRuns).toHaveBeenCalledWith(daysAgo(7), signal);
    expect(store.deleteReads).toHaveBeenCalledWith(daysAgo(90));
    expect(store.deleteDeployments).toHaveBeenCalledWith(daysAgo(365), signal);
    expect(store.deleteRemovedHeads).toHaveBeenCalledWith(
      daysAgo(365),
      signal,
      subjects,
    );
    expect(logger.info.mock.calls).toEqual([
      ['Removed what is past its retention: 12 deliveries, 3 deployments'],
    ]);
  });

  it('knows what was removed as long as older deliveries can be delivered again', async () => {
    await cleanup(signal, 2 * day);
    expect(store.deleteDeployments).toHaveBeenCalledWith(daysAgo(2), signal);
    expect(store.deleteRemovedHeads).toHaveBeenCalledWith(
      daysAgo(30),
      signal,
      subjects,
    );
  });

  it('says nothing where there was nothing', async () => {
    await cleanup();
    expect(logger.info).not.toHaveBeenCalled();
  });

  it('keeps no part from going where another fails, and fails in the end', async () => {
    const failure = new Error('no database');
    store.deleteDeliveries.mockRejectedValue(failure);
    store.deleteRuns.mockResolvedValue(2);
    await expect(cleanup()).rejects.toBe(failure);
    expect(store.deleteDeployments).toHaveBeenCalledTimes(1);
    expect(logger.info.mock.calls[0][0]).toContain('2 runs');
  });

  it('tells of all that failed', async () => {
    store.deleteDeliveries.mockRejectedValue(new Error('one'));
    store.deleteRuns.mockRejectedValue(new Error('two'));
    await expect(cleanup()).rejects.toMatchObject({
      message: '2 parts of the clean-up failed',
      errors: [new Error('one'), new Error('two')],
    });
  });

  it('begins no part once it is to stop', async () => {
    const controller = new AbortController();
    store.deleteDeliveries.mockImplementation(async () => {
      controller.abort();
      return 1;
    });
    await cleanup(controller.signal);
    expect(store.deleteRuns).not.toHaveBeenCalled();
    expect(logger.info).toHaveBeenCalledTimes(1);
  });
});
