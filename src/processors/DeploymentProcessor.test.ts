import type { Entity } from '@backstage/catalog-model';
import { processingResult } from '@backstage/plugin-catalog-node';
import type { CurrentDeployment } from '../model/deployment';
import type { SenderSettings } from '../model/settings';
import { DeploymentProcessor } from './DeploymentProcessor';

const ci: SenderSettings = {
  name: 'ci',
  dialect: 'catalog',
  secrets: [],
  entity: 'component:default/{service}',
  aliases: { 'payments-legacy': 'payments-api' },
};
const argo: SenderSettings = {
  ...ci,
  name: 'argo',
  entity: 'component:default/svc-{service}',
  aliases: {},
};

const deployment = (
  options: Partial<CurrentDeployment>,
): CurrentDeployment => ({
  sender: 'ci',
  serviceKey: 'payments-api',
  environment: 'production',
  version: 'v1',
  deployedAt: '2026-11-22T12:00:00.000Z',
  ...options,
});

const entity = (
  name: string,
  annotations?: Record<string, string>,
  kind = 'Component',
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name, ...(annotations && { annotations }) },
  spec: { type: 'service' },
});

describe('DeploymentProcessor', () => {
  const current = jest.fn<Promise<CurrentDeployment[]>, [string[]]>();
  const emit = jest.fn();
  const create = (senders: SenderSettings[] = [ci]) =>
    new DeploymentProcessor({
      senders,
      deployments: { current, record: jest.fn() },
    });
  const run = (processor: DeploymentProcessor, given: Entity) =>
    processor.postProcessEntity(given, {}, emit);

  beforeEach(() => {
    jest.resetAllMocks();
    current.mockResolvedValue([]);
  });

  it('has the name that the catalog keeps its cache by', () => {
    expect(create().getProcessorName()).toBe('custom-data-deployments');
  });

  it('lays what runs over the entity, and ties it to a refresh key', async () => {
    current.mockResolvedValue([deployment({})]);
    const given = Object.freeze(entity('Payments-API', { a: 'b' }));

    await expect(run(create(), given)).resolves.toEqual(
      entity('Payments-API', {
        a: 'b',
        'custom/deployed-version.production': 'v1',
        'custom/deployed-at.production': '2026-11-22T12:00:00.000Z',
      }),
    );
    expect(given.metadata.annotations).toEqual({ a: 'b' });
    expect(current.mock.calls).toEqual([[['payments-api', 'payments-legacy']]]);
    expect(emit.mock.calls).toEqual([
      [
        processingResult.refresh(
          'custom-data-deployment:component:default/payments-api',
        ),
      ],
    ]);
  });

  it('ties an entity of which nothing is known yet to its key, too', async () => {
    const given = entity('orders');
    await expect(run(create(), given)).resolves.toBe(given);
    expect(emit).toHaveBeenCalledTimes(1);
  });

  it('shows the newest of all names and senders of a service', async () => {
    current.mockResolvedValue([
      deployment({ version: 'v1' }),
      deployment({
        serviceKey: 'payments-legacy',
        version: 'v2',
        deployedAt: '2026-11-22T13:00:00.000Z',
      }),
    ]);
    const result = await run(create(), entity('payments-api'));
    expect(
      result.metadata.annotations?.['custom/deployed-version.production'],
    ).toBe('v2');
  });

  it('shows nothing of a sender to which the service means another entity, or that is gone', async () => {
    current.mockResolvedValue([
      deployment({ sender: 'argo', serviceKey: 'svc-a', version: 'wrong' }),
      deployment({ sender: 'gone', serviceKey: 'svc-a', version: 'wrong' }),
      deployment({ sender: 'argo', serviceKey: 'a', version: 'right' }),
      deployment({ sender: 'ci', serviceKey: 'a', version: 'wrong' }),
    ]);
    const result = await run(create([ci, argo]), entity('svc-a'));
    expect(current.mock.calls).toEqual([[['svc-a', 'a']]]);
    expect(
      result.metadata.annotations?.['custom/deployed-version.production'],
    ).toBe('right');
  });

  const foreign = {
    'custom/deployed-version.production': 'made up',
    'custom/deployed-at.nowhere': 'made up',
  };

  it.each([
    ['of a service', [ci], entity('orders', foreign)],
    ['of another kind', [ci], entity('orders', foreign, 'Group')],
    ['without any sender', [], entity('orders', foreign)],
  ])('takes its annotations off an entity %s', async (_, senders, given) => {
    const result = await run(create(senders), given);
    expect(result).toEqual({
      ...given,
      metadata: { ...given.metadata, annotations: {} },
    });
    expect(given.metadata.annotations).toEqual(foreign);
  });

  it('replaces what was made up for an environment, and keeps the like-named', async () => {
    current.mockResolvedValue([deployment({})]);
    const result = await run(
      create(),
      entity('payments-api', { ...foreign, 'custom/deployed': 'theirs' }),
    );
    expect(result.metadata.annotations).toEqual({
      'custom/deployed': 'theirs',
      'custom/deployed-version.production': 'v1',
      'custom/deployed-at.production': '2026-11-22T12:00:00.000Z',
    });
  });

  it('returns the same object where it shows what runs already', async () => {
    current.mockResolvedValue([deployment({})]);
    const given = await run(create(), entity('payments-api'));
    await expect(run(create(), given)).resolves.toBe(given);
  });

  it('does not look anything up for entities that no event is about', async () => {
    const processor = create();
    for (const given of [
      entity('orders', undefined, 'API'),
      { ...entity('orders'), metadata: { name: 'orders', namespace: 'other' } },
      entity('payments-legacy'),
    ]) {
      await expect(run(processor, given)).resolves.toBe(given);
    }
    expect(current).not.toHaveBeenCalled();
    expect(emit).not.toHaveBeenCalled();
  });

  it('fails when the look-up fails, so that the catalog keeps what it has', async () => {
    current.mockRejectedValue(new Error('no database'));
    await expect(run(create(), entity('orders'))).rejects.toThrow(
      'no database',
    );
  });

  it('asks at most twice for any number of entities in flight', async () => {
    const processor = create();
    current.mockImplementation(async keys => {
      await new Promise(resolve => setImmediate(resolve));
      return keys.map(serviceKey =>
        deployment({ serviceKey, version: serviceKey }),
      );
    });
    const names = Array.from({ length: 200 }, (_, i) => `service-${i}`);
    const results = await Promise.all(
      names.map(name => run(processor, entity(name))),
    );

    expect(current).toHaveBeenCalledTimes(2);
    expect(
      results.map(
        each =>
          each.metadata.annotations?.['custom/deployed-version.production'],
      ),
    ).toEqual(names);
  });
});
