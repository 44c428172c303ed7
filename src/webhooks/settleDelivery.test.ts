import type { Delivery } from '../model/delivery';
import type { SenderSettings } from '../model/settings';
import { settleDelivery } from './settleDelivery';

const sender: SenderSettings = {
  name: 'ci',
  dialect: 'catalog',
  secrets: [],
  entity: 'component:default/{service}',
  aliases: { 'payments-legacy': 'Payments-API' },
};

const delivery = (event: Partial<Delivery['event']> = {}): Delivery => ({
  id: 'delivery-1',
  sequence: 1,
  sender: 'ci',
  event: {
    event: 'deployment.success',
    service: 'payments-legacy',
    version: 'v1',
    environment: 'production',
    catalogRefresh: true,
    ...event,
  },
  state: 'pending',
  attempts: 1,
  receivedAt: new Date('2026-11-22T12:00:00Z'),
});

describe('settleDelivery', () => {
  const signal = new AbortController().signal;
  const deployments = { record: jest.fn(), current: jest.fn() };
  const refresher = { refreshKeys: jest.fn(), refreshEntity: jest.fn() };
  const registry = {
    locationKeys: jest.fn(),
    countOf: jest.fn(),
    refsOf: jest.fn(),
  };
  const ref = 'component:default/payments-api';

  const settle = (
    options: { given?: Delivery; by?: SenderSettings | undefined } = {},
  ) =>
    settleDelivery({
      delivery: options.given ?? delivery(),
      sender: 'by' in options ? options.by : sender,
      deployments,
      refresher,
      registry,
      signal,
    });

  beforeEach(() => {
    jest.resetAllMocks();
    deployments.record.mockResolvedValue('current');
    refresher.refreshEntity.mockResolvedValue('refreshed');
    registry.locationKeys.mockResolvedValue(new Map([[ref, null]]));
  });

  it('records, then refreshes what shows it, then the entity', async () => {
    await expect(settle()).resolves.toEqual({ state: 'done' });

    expect(deployments.record).toHaveBeenCalledWith(delivery());
    expect(refresher.refreshKeys).toHaveBeenCalledWith([
      `custom-data-deployment:${ref}`,
    ]);
    expect(refresher.refreshEntity).toHaveBeenCalledWith({
      entityRef: ref,
      record: undefined,
      signal,
    });
    const order = [
      deployments.record,
      refresher.refreshKeys,
      refresher.refreshEntity,
    ].map(mock => mock.mock.invocationCallOrder[0]);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('does not ask for the entity where the event does not', async () => {
    await settle({ given: delivery({ catalogRefresh: false }) });
    expect(refresher.refreshEntity).not.toHaveBeenCalled();
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
      given: delivery({ service: 'x' }),
      by: { ...sender, record, aliases: { x: "$&$'$$" } },
    });
    expect(refresher.refreshEntity.mock.calls[0][0].record.recordId).toBe(
      "a$&$'$$b",
    );
  });

  it.each(['superseded', 'recorded'])(
    'leaves what shows it alone when it is %s, but heeds catalog_refresh',
    async outcome => {
      deployments.record.mockResolvedValue(outcome);
      const { state } = await settle();
      expect(state).toBe(outcome === 'superseded' ? 'superseded' : 'done');
      expect(refresher.refreshKeys).not.toHaveBeenCalled();
      expect(refresher.refreshEntity).toHaveBeenCalledTimes(1);
    },
  );

  it('is unmatched where the catalog does not know the entity', async () => {
    registry.locationKeys.mockResolvedValue(new Map());
    refresher.refreshEntity.mockResolvedValue('unknown');
    const unmatched = {
      state: 'unmatched',
      reason: expect.stringContaining(`'${ref}'`),
    };
    await expect(settle()).resolves.toEqual(unmatched);
    await expect(
      settle({ given: delivery({ catalogRefresh: false }) }),
    ).resolves.toEqual(unmatched);
    expect(registry.locationKeys).toHaveBeenCalledWith([ref]);
  });

  it('is done where the entity is known, or has just been fetched', async () => {
    refresher.refreshEntity.mockResolvedValueOnce('unknown');
    await expect(settle()).resolves.toEqual({ state: 'done' });
    registry.locationKeys.mockResolvedValue(new Map());
    await expect(settle()).resolves.toEqual({ state: 'done' });
  });

  it('records what a sender at fault has sent, and waits for it to be mended', async () => {
    await expect(settle({ by: undefined })).rejects.toThrow(
      "Sender 'ci' is not configured, or misconfigured",
    );
    expect(deployments.record).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['record', deployments.record],
    ['refreshKeys', refresher.refreshKeys],
    ['refreshEntity', refresher.refreshEntity],
  ])('fails with %s', async (_, mock) => {
    mock.mockRejectedValue(new Error('no'));
    await expect(settle()).rejects.toThrow('no');
  });
});
