import fc from 'fast-check';
import { aSender } from '../config/__testUtils__/aSender';
import type { Delivery } from '../deliveries/delivery';
import { aDelivery, minutes } from './__testUtils__/aDelivery';
import { deliveryLists } from './__testUtils__/deliveryLists';
import { annotationsOf } from './annotationsOf';
import { createDeploymentSubjects } from './createDeploymentSubjects';
import type { DeploymentHead } from './deployment';
import { indexHeads } from './indexHeads';
import { planReplay } from './planReplay';
import { recordOnto } from './recordOnto';

const aliases = { 'payments-legacy': 'payments-api' };
const subjects = createDeploymentSubjects([
  aSender({ aliases }),
  aSender({ name: 'argo', aliases }),
]);
const REF = 'component:default/payments-api';

const plan = (options: {
  deliveries: Delivery[];
  heads?: DeploymentHead[];
  shown?: Record<string, string>;
  exists?: string[];
}) =>
  planReplay({
    deliveries: options.deliveries,
    heads: options.heads ?? [],
    subjects,
    shown: new Map([[REF, options.shown ?? {}]]),
    exists: new Set(options.exists ?? [REF]),
  });

const at = (minute: number) => minutes(minute).toISOString();

describe('planReplay', () => {
  it('tells what an entity shows, and what it would show', () => {
    const heads = recordOnto([], [aDelivery(1)]);
    expect(
      plan({
        deliveries: [
          aDelivery(2),
          aDelivery(3, { environment: 'staging' }),
          aDelivery(4, { event: 'deployment.started' }),
        ],
        heads,
        shown: { ...annotationsOf(heads), 'custom/other': 'theirs' },
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
    const heads = recordOnto([], [aDelivery(1)]);
    const [{ environments }] = plan({
      deliveries: [aDelivery(2, { event: 'deployment.removed' })],
      heads,
      shown: annotationsOf(heads),
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
    const heads = recordOnto(
      [],
      [
        aDelivery(5, {}, { sender: 'argo' }),
        aDelivery(3, { service: 'payments-legacy', sequence: 7 }),
      ],
    );
    expect(
      plan({
        deliveries: [
          aDelivery(4),
          aDelivery(6, { service: 'payments-legacy', sequence: 6 }),
        ],
        heads,
        shown: annotationsOf(heads),
      }),
    ).toEqual([]);
  });

  it('finds what the catalog has not been told of', () => {
    const deliveries = [aDelivery(1), aDelivery(2)];
    const [entity] = plan({
      deliveries,
      heads: recordOnto([], deliveries),
      shown: annotationsOf(recordOnto([], [aDelivery(1)])),
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
        const heads = recordOnto([], deliveries);
        const shown = annotationsOf(
          indexHeads(heads)(subjects.subjectsOf(REF)),
        );
        expect(plan({ deliveries: order, heads, shown })).toEqual([]);
        expect(plan({ deliveries: order, heads: [], shown })).toEqual([]);
      }),
    );
  });
});
