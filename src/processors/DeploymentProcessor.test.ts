import type { Entity } from '@backstage/catalog-model';
import { processingResult } from '@backstage/plugin-catalog-node';
import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/settings';
import { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import { aHead as deployment } from '../deployments/__testUtils__/aHead';
import type { DeploymentHead } from '../deployments/deployment';
import { DeploymentProcessor } from './DeploymentProcessor';

const ci = aSender({ aliases: { 'payments-legacy': 'payments-api' } });
const argo = aSender({
  name: 'argo',
  entity: 'component:default/svc-{service}',
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
  const heads = jest.fn<Promise<DeploymentHead[]>, [Date?]>();
  const deployments = {
    changedHeads: async (since?: Date) => ({
      heads: await heads(since),
      at: new Date(0),
    }),
  };
  const emit = jest.fn();
  let elapsed = 0;
  const create = (senders: SenderSettings[] = [ci]) =>
    new DeploymentProcessor({
      senders,
      deployments,
      snapshot: new HeadsSnapshot(),
      elapsed: () => elapsed,
    });
  const run = (processor: DeploymentProcessor, given: Entity) =>
    processor.postProcessEntity(given, {}, emit);

  beforeEach(() => {
    jest.resetAllMocks();
    heads.mockResolvedValue([]);
  });

  it('has the name that the catalog keeps its cache by', () => {
    expect(create().getProcessorName()).toBe('custom-data-deployments');
  });

  it('lays what runs over the entity, and ties it to a refresh key', async () => {
    heads.mockResolvedValue([deployment({})]);
    const given = Object.freeze(entity('Payments-API', { a: 'b' }));

    await expect(run(create(), given)).resolves.toEqual(
      entity('Payments-API', {
        a: 'b',
        'custom/deployed-version.production': 'v1',
        'custom/deployed-at.production': '2026-11-22T12:00:00.000Z',
      }),
    );
    expect(given.metadata.annotations).toEqual({ a: 'b' });
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
    heads.mockResolvedValue([
      deployment({ version: 'v1' }),
      deployment({
        serviceKey: 'payments-legacy',
        version: 'v2',
        eventAt: '2026-11-22T13:00:00.000Z',
      }),
    ]);
    const result = await run(create(), entity('payments-api'));
    expect(
      result.metadata.annotations?.['custom/deployed-version.production'],
    ).toBe('v2');
  });

  it('shows nothing where the newest of all senders says removed', async () => {
    heads.mockResolvedValue([
      deployment({}),
      deployment({ environment: 'staging', version: 'v7' }),
      deployment({
        serviceKey: 'payments-legacy',
        status: 'removed',
        eventAt: '2026-11-22T13:00:00.000Z',
      }),
    ]);
    const result = await run(create(), entity('payments-api'));
    expect(result.metadata.annotations).toEqual({
      'custom/deployed-version.staging': 'v7',
      'custom/deployed-at.staging': '2026-11-22T12:00:00.000Z',
    });
  });

  it('takes off what was shown once it is removed', async () => {
    heads.mockResolvedValue([deployment({ version: 'v1' })]);
    const shown = await run(create(), entity('payments-api', { a: 'b' }));
    heads.mockResolvedValue([deployment({ status: 'removed' })]);
    await expect(run(create(), shown)).resolves.toEqual(
      entity('payments-api', { a: 'b' }),
    );
  });

  it('shows nothing of a sender to which the service means another entity, or that is gone', async () => {
    heads.mockResolvedValue([
      deployment({ sender: 'argo', serviceKey: 'svc-a', version: 'wrong' }),
      deployment({ sender: 'gone', serviceKey: 'svc-a', version: 'wrong' }),
      deployment({ sender: 'argo', serviceKey: 'a', version: 'right' }),
      deployment({ sender: 'ci', serviceKey: 'a', version: 'wrong' }),
    ]);
    const result = await run(create([ci, argo]), entity('svc-a'));
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
    heads.mockResolvedValue([deployment({})]);
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
    heads.mockResolvedValue([deployment({})]);
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
    expect(heads).not.toHaveBeenCalled();
    expect(emit).not.toHaveBeenCalled();
  });

  it('fails when the look-up fails, so that the catalog keeps what it has', async () => {
    heads.mockRejectedValue(new Error('no database'));
    await expect(run(create(), entity('orders'))).rejects.toThrow(
      'no database',
    );
  });

  describe('in the passes of a catalog', () => {
    /** As the catalog does: several are taken up at once, and end when they end. */
    const pass = async (processor: DeploymentProcessor, given: Entity) => {
      await processor.preProcessEntity(given);
      await new Promise(resolve => setImmediate(resolve));
      return run(processor, given);
    };
    const names = Array.from({ length: 10 }, (_, i) => `service-${i}`);
    const passAll = (processor: DeploymentProcessor) =>
      Promise.all(names.map(name => pass(processor, entity(name))));
    const versionsIn = (entities: Entity[]) =>
      entities.map(
        ({ metadata }) =>
          metadata.annotations?.['custom/deployed-version.production'],
      );

    it('asks once for all entities of a quarter of a second, before they need it', async () => {
      heads.mockResolvedValue(
        names.map(name => deployment({ serviceKey: name, version: name })),
      );
      const processor = create();
      for (let i = 0; i < 100; i++) {
        expect(versionsIn(await passAll(processor))).toEqual(names);
        elapsed += 10;
      }
      // 1,000 entities in a second.
      expect(heads).toHaveBeenCalledTimes(4);

      elapsed += 250;
      await processor.preProcessEntity(entity('a'));
      expect(heads).toHaveBeenCalledTimes(5);
    });

    it('shows what others recorded a quarter of a second ago', async () => {
      const processor = create();
      await pass(processor, entity('a'));
      heads.mockResolvedValue([deployment({ serviceKey: 'a' })]);
      elapsed += 251;
      expect(versionsIn([await pass(processor, entity('a'))])).toEqual(['v1']);
    });

    it('shows what it is told of without a look', async () => {
      const snapshot = new HeadsSnapshot();
      const processor = new DeploymentProcessor({
        senders: [ci],
        deployments,
        snapshot,
        elapsed: () => elapsed,
      });
      await pass(processor, entity('a'));
      snapshot.learn([deployment({ serviceKey: 'a' })]);
      expect(versionsIn([await pass(processor, entity('a'))])).toEqual(['v1']);
      expect(heads).toHaveBeenCalledTimes(1);
    });

    it('does not look anything up for entities that no event is about', async () => {
      await pass(create(), entity('orders', undefined, 'API'));
      expect(heads).not.toHaveBeenCalled();
    });

    it('fails in the end alone while the database fails, and goes on after it', async () => {
      const processor = create();
      heads.mockResolvedValue([deployment({ serviceKey: 'a' })]);
      const shown = await pass(processor, entity('a'));
      heads.mockRejectedValue(new Error('no database'));
      elapsed += 251;
      await expect(processor.preProcessEntity(shown)).resolves.toBe(shown);
      await expect(run(processor, shown)).rejects.toThrow('no database');

      heads.mockResolvedValue([]);
      await expect(pass(processor, shown)).resolves.toBe(shown);
    });
  });
});
