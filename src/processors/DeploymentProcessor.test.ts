import type { Entity } from '@backstage/catalog-model';
import { processingResult } from '@backstage/plugin-catalog-node';
import { aSender } from '../config/__testUtils__/aSender';
import { describeTables } from '../database/__testUtils__/describeTables';
import {
  aDeployment,
  at,
  type Given,
} from '../deployments/__testUtils__/aDeployment';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { DeploymentProcessor } from './DeploymentProcessor';

const ci = aSender({ aliases: { 'payments-legacy': 'payments' } });
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
const versionIn = ({ metadata }: Entity) =>
  metadata.annotations?.['custom/deployed-version.production'];

describe('DeploymentProcessor', () => {
  const emit = jest.fn();
  const takeMark = jest.fn((_ref: string) => false);

  describeTables('%p', tables => {
    let queries: jest.Mock;

    beforeEach(() => {
      jest.resetAllMocks();
      takeMark.mockReturnValue(false);
      queries = jest.fn();
      tables.knex.on('query', queries);
    });

    const create = (senders = [ci]) =>
      new DeploymentProcessor({
        knex: tables.knex,
        unshown: { takeMark },
        subjects: new DeploymentSubjects(senders),
      });
    const run = (given: Entity, processor = create()) =>
      processor.postProcessEntity(given, {}, emit);
    const record = async (...given: Given[]) => {
      await recordDeployments({
        knex: tables.knex,
        deployments: given.map(aDeployment),
      });
      queries.mockClear();
    };

    it('adds what runs to the entity, and ties it to a refresh key', async () => {
      await record({ arrival: 1 });
      const given = Object.freeze(entity('Payments', { a: 'b' }));

      await expect(run(given)).resolves.toEqual(
        entity('Payments', {
          a: 'b',
          'custom/deployed-version.production': 'v1',
          'custom/deployed-at.production': at(1).toISOString(),
        }),
      );
      expect(given.metadata.annotations).toEqual({ a: 'b' });
      expect(emit.mock.calls).toEqual([
        [
          processingResult.refresh(
            'custom-data-deployment:component:default/payments',
          ),
        ],
      ]);
    });

    it('ties an entity without a deployment to its key, too', async () => {
      const given = entity('orders');
      await expect(run(given)).resolves.toBe(given);
      expect(emit).toHaveBeenCalledTimes(1);
    });

    it('gives another result once for an entity that did not show what runs', async () => {
      takeMark.mockReturnValueOnce(true).mockReturnValueOnce(true);
      await run(entity('payments'));
      await run(entity('payments'));
      await run(entity('payments'));
      expect(takeMark).toHaveBeenCalledWith('component:default/payments');
      const keys = emit.mock.calls.map(([{ key }]) => key);
      expect(keys).toHaveLength(5);
      // Each time that it was found gives a result unlike any before.
      expect(new Set(keys).size).toBe(3);
    });

    it('shows the newest of all names and senders of a service', async () => {
      await record({ arrival: 2, service: 'payments-legacy' }, { arrival: 1 });
      expect(versionIn(await run(entity('payments')))).toBe('v2');
    });

    it('shows at once what another replica recorded', async () => {
      const processor = create();
      for (const arrival of [1, 2, 3]) {
        await record({ arrival });
        const shown = await run(entity('payments'), processor);
        expect(versionIn(shown)).toBe(`v${arrival}`);
      }
    });

    it('shows nothing where the newest of all senders was removed', async () => {
      await record(
        { arrival: 1 },
        { arrival: 2, environment: 'staging' },
        {
          arrival: 3,
          service: 'payments-legacy',
          event: 'deployment.removed',
        },
      );
      const result = await run(entity('payments'));
      expect(result.metadata.annotations).toEqual({
        'custom/deployed-version.staging': 'v2',
        'custom/deployed-at.staging': at(2).toISOString(),
      });
    });

    it('takes off what was shown once it is removed', async () => {
      await record({ arrival: 1 });
      const shown = await run(entity('payments', { a: 'b' }));
      await record({ arrival: 2, event: 'deployment.removed' });
      await expect(run(shown)).resolves.toEqual(entity('payments', { a: 'b' }));
    });

    it('shows nothing of a sender whose service is another entity, or that is gone', async () => {
      await record(
        { arrival: 1, sender: 'argo', service: 'a', version: 'right' },
        { arrival: 2, sender: 'argo', service: 'svc-a', version: 'wrong' },
        { arrival: 3, sender: 'gone', service: 'svc-a', version: 'wrong' },
        { arrival: 4, sender: 'ci', service: 'a', version: 'wrong' },
      );
      const result = await run(entity('svc-a'), create([ci, argo]));
      expect(versionIn(result)).toBe('right');
    });

    const foreign = {
      'custom/deployed-version.production': 'made up',
      'custom/deployed-at.nowhere': 'made up',
    };

    it.each([
      ['of a service', entity('orders', foreign)],
      ['of another kind', entity('orders', foreign, 'Group')],
    ])('takes its annotations off an entity %s', async (_, given) => {
      const result = await run(given);
      expect(result).toEqual({
        ...given,
        metadata: { ...given.metadata, annotations: {} },
      });
      expect(given.metadata.annotations).toEqual(foreign);
    });

    it('replaces an annotation that was made up, and keeps one with a similar name', async () => {
      await record({ arrival: 1 });
      const result = await run(
        entity('payments', { ...foreign, 'custom/deployed': 'theirs' }),
      );
      expect(result.metadata.annotations).toEqual({
        'custom/deployed': 'theirs',
        'custom/deployed-version.production': 'v1',
        'custom/deployed-at.production': at(1).toISOString(),
      });
    });

    it('returns the same object where it shows what runs already', async () => {
      await record({ arrival: 1 });
      const given = await run(entity('payments'));
      await expect(run(given)).resolves.toBe(given);
    });

    it('asks nothing for entities that no event is about', async () => {
      const processor = create();
      for (const given of [
        entity('orders', undefined, 'API'),
        {
          ...entity('orders'),
          metadata: { name: 'orders', namespace: 'other' },
        },
        entity('payments-legacy'),
      ]) {
        await expect(run(given, processor)).resolves.toBe(given);
      }
      expect(queries).not.toHaveBeenCalled();
      expect(emit).not.toHaveBeenCalled();
    });

    it('asks once for the entities that are processed together', async () => {
      const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
      await record(
        ...names.map((service, i) => ({
          arrival: i + 1,
          service,
          version: service,
        })),
      );
      const processor = create();
      const pass = () =>
        Promise.all(
          names.map(async (name, i) => {
            // Other processors take some entities longer than others.
            for (let turns = 0; turns < i; turns++) {
              await undefined;
            }
            return versionIn(await run(entity(name), processor));
          }),
        );
      await expect(pass()).resolves.toEqual(names);
      expect(queries).toHaveBeenCalledTimes(1);
      await expect(pass()).resolves.toEqual(names);
      expect(queries).toHaveBeenCalledTimes(2);
    });

    it('fails where the query fails, so that the catalog keeps what it has, and works again after that', async () => {
      tables.spoil();
      const processor = create();
      const rename = (from: string, to: string) =>
        tables.knex.schema.renameTable(from, to);
      await rename('custom_data_current_deployments', 'gone');
      await expect(run(entity('orders'), processor)).rejects.toThrow(
        'The database failed with',
      );
      await rename('gone', 'custom_data_current_deployments');
      const given = entity('orders');
      await expect(run(given, processor)).resolves.toBe(given);
    });
  });

  it('has the name that the catalog keeps its cache by', () => {
    const processor = new DeploymentProcessor({
      knex: undefined as never,
      subjects: new DeploymentSubjects([]),
      unshown: { takeMark },
    });
    expect(processor.getProcessorName()).toBe('custom-data-deployments');
  });
});
