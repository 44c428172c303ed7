import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/settings';
import { FakeDeployments } from './__testUtils__/FakeDeployments';
import { aDelivery } from './__testUtils__/aDelivery';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { DeploymentEvent } from '../deployments/deployment';
import { createTurns } from './createTurns';
import { prepareDeliveries } from './prepareDeliveries';
import { settleDelivery } from './settleDelivery';

const sender = aSender({ aliases: { 'payments-legacy': 'Payments-API' } });
const ref = 'component:default/payments-api';

describe('settleDelivery', () => {
  const signal = new AbortController().signal;
  const refresher = { refreshKeys: jest.fn(), refreshEntity: jest.fn() };
  const registry = { locationKeys: jest.fn() };
  const publisher = { publish: jest.fn() };
  const now = () => new Date('2026-11-22T12:00:00Z');

  const settle = async (
    options: {
      event?: Partial<DeploymentEvent>;
      by?: SenderSettings | undefined;
    } = {},
  ) => {
    const by = 'by' in options ? options.by : sender;
    const subjects = new DeploymentSubjects([by ?? sender]);
    const [prepared] = await prepareDeliveries({
      deliveries: [
        aDelivery(1, {
          service: 'payments-legacy',
          catalogRefresh: true,
          ...options.event,
        }),
      ],
      deployments: new FakeDeployments(() => subjects),
      subjects,
      refresher,
      registry,
      now,
    });
    return settleDelivery({
      prepared,
      sender: by,
      now,
      fetching: createTurns({ count: 1, reason: 'busy' }),
      publishing: createTurns({ count: 1, reason: 'busy' }),
      breaker: run => run(),
      judgeAgain: async () => prepared,
      refresher,
      registry,
      publisher,
      signal,
    });
  };

  beforeEach(() => {
    jest.resetAllMocks();
    refresher.refreshEntity.mockResolvedValue('refreshed');
    registry.locationKeys.mockResolvedValue(new Map([[ref, null]]));
  });

  it('brings the entity up to date after what shows it, then tells others', async () => {
    await expect(settle()).resolves.toEqual({ state: 'done' });
    expect(refresher.refreshEntity).toHaveBeenCalledWith({
      entityRef: ref,
      record: undefined,
      signal,
    });
    const order = [
      refresher.refreshKeys,
      refresher.refreshEntity,
      publisher.publish,
    ].map(mock => mock.mock.invocationCallOrder[0]);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('does not ask for the entity where the event does not', async () => {
    await settle({ event: { catalogRefresh: false } });
    expect(refresher.refreshEntity).not.toHaveBeenCalled();
    expect(registry.locationKeys).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['{service}', 'Payments-API'],
    ['svc:{service}/{service}', 'svc:Payments-API/Payments-API'],
  ])('names the record %p after the service', async (id, recordId) => {
    const record = { source: 'registry', id };
    await settle({ by: { ...sender, record } });
    expect(refresher.refreshEntity.mock.calls[0][0].record).toEqual({
      source: 'registry',
      recordId,
    });
  });

  it('puts the service into the record as it is', async () => {
    const record = { source: 'registry', id: 'a{service}b' };
    await settle({
      event: { service: 'x' },
      by: { ...sender, record, aliases: { x: "$&$'$$" } },
    });
    expect(refresher.refreshEntity.mock.calls[0][0].record.recordId).toBe(
      "a$&$'$$b",
    );
  });

  it('is unmatched where neither the catalog nor a source knows the entity', async () => {
    registry.locationKeys.mockResolvedValue(new Map());
    refresher.refreshEntity.mockResolvedValue('unknown');
    const unmatched = {
      state: 'unmatched',
      reason: expect.stringContaining(`'${ref}'`),
    };
    await expect(settle()).resolves.toEqual(unmatched);
    await expect(settle({ event: { catalogRefresh: false } })).resolves.toEqual(
      unmatched,
    );
  });

  it('is done where the entity is known, or has just been fetched', async () => {
    refresher.refreshEntity.mockResolvedValueOnce('unknown');
    await expect(settle()).resolves.toEqual({ state: 'done' });
    registry.locationKeys.mockResolvedValue(new Map());
    await expect(settle()).resolves.toEqual({ state: 'done' });
  });

  it('waits for a sender at fault to be mended, and tells nobody yet', async () => {
    await expect(settle({ by: undefined })).rejects.toThrow(
      "Sender 'ci' is not configured, or misconfigured",
    );
    expect(publisher.publish).not.toHaveBeenCalled();
  });

  it.each([
    ['refreshEntity', refresher.refreshEntity],
    ['publish', publisher.publish],
  ])('fails with %s', async (_, mock) => {
    mock.mockRejectedValue(new Error('no'));
    await expect(settle()).rejects.toThrow('no');
  });
});
