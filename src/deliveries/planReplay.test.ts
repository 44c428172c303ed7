import fc from 'fast-check';
import { aSender } from '../config/__testUtils__/aSender';
import { annotationsOf } from '../deployments/annotations';
import {
  type CurrentDeployment,
  toDeployment,
} from '../deployments/deployment';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { currentOf } from '../deployments/order';
import { aDelivery, minutes } from './__testUtils__/aDelivery';
import { deliveryLists } from './__testUtils__/deliveryLists';
import type { Delivery } from './delivery';
import { planReplay } from './planReplay';

const aliases = { 'payments-legacy': 'payments-api' };
const subjects = new DeploymentSubjects([
  aSender({ aliases }),
  aSender({ name: 'argo', aliases }),
]);
const REF = 'component:default/payments-api';

const record = (deliveries: Delivery[]) =>
  currentOf<CurrentDeployment>(deliveries.map(toDeployment));
const plan = (options: {
  deliveries: Delivery[];
  current?: CurrentDeployment[];
  shown?: Record<string, string>;
  exists?: string[];
}) =>
  planReplay({
    deliveries: options.deliveries,
    current: subjects.groupByEntity(options.current ?? []),
    subjects,
    shown: new Map([[REF, options.shown ?? {}]]),
    exists: new Set(options.exists ?? [REF]),
  });

const at = (minute: number) => minutes(minute).toISOString();

describe('planReplay', () => {
  it('tells what an entity shows, and what it would show', () => {
    const current = record([aDelivery(1)]);
    expect(
      plan({
        deliveries: [
          aDelivery(2),
          aDelivery(3, { environment: 'staging' }),
          aDelivery(4, { event: 'deployment.started' }),
        ],
        current,
        shown: { ...annotationsOf(current), 'custom/other': 'theirs' },
      }),
    ).toEqual([
      {
        entityRef: REF,
        environments: [
          {
            environment: 'production',
            before: { version: 'v1', deployedAt: at(1) },
            after: { version: 'v2', deployedAt: at(2) },
          },
          {
            environment: 'staging',
            before: undefined,
            after: { version: 'v3', deployedAt: at(3) },
          },
        ],
      },
    ]);
  });

  it('tells what would no longer be shown', () => {
    const current = record([aDelivery(1)]);
    const [{ environments }] = plan({
      deliveries: [aDelivery(2, { event: 'deployment.removed' })],
      current,
      shown: annotationsOf(current),
    });
    expect(environments).toEqual([
      {
        environment: 'production',
        before: { version: 'v1', deployedAt: at(1) },
        after: undefined,
      },
    ]);
  });

  it('lets nothing older take the place of what is newer', () => {
    const current = record([
      aDelivery(5, {}, { sender: 'argo' }),
      aDelivery(3, { service: 'payments-legacy', sequence: 7 }),
    ]);
    expect(
      plan({
        deliveries: [
          aDelivery(4),
          aDelivery(6, { service: 'payments-legacy', sequence: 6 }),
        ],
        current,
        shown: annotationsOf(current),
      }),
    ).toEqual([]);
  });

  it('finds what the catalog has not been told of', () => {
    const deliveries = [aDelivery(1), aDelivery(2)];
    const [entity] = plan({
      deliveries,
      current: record(deliveries),
      shown: annotationsOf(record([aDelivery(1)])),
    });
    expect(entity.environments[0]).toMatchObject({
      before: { version: 'v1' },
      after: { version: 'v2' },
    });
  });

  it('leaves out what the catalog does not have, and senders that are gone', () => {
    const gone = aDelivery(1, {}, { sender: 'gone' });
    expect(plan({ deliveries: [aDelivery(2)], exists: [] })).toEqual([]);
    expect(plan({ deliveries: [gone] })).toEqual([]);
  });

  it('changes nothing where everything is replayed', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries, order }) => {
        const current = record(deliveries);
        const shown = annotationsOf(current);
        expect(plan({ deliveries: order, current, shown })).toEqual([]);
        expect(plan({ deliveries: order, current: [], shown })).toEqual([]);
      }),
    );
  });
});
