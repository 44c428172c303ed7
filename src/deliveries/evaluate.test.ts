import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { aSender } from '../config/__testUtils__/aSender';
import { aDeployment } from '../deployments/__testUtils__/aDeployment';
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
import { evaluateDeliveries } from './evaluate';

const aliases = { 'payments-legacy': 'payments-api' };
const subjects = new DeploymentSubjects([
  aSender({ aliases }),
  aSender({ name: 'argo', aliases }),
]);
const record = (current: CurrentDeployment[], deliveries: Delivery[]) =>
  currentOf([...current, ...deliveries.map(toDeployment)]);

/** What becomes of deliveries that are recorded after others. */
const evaluate = (deliveries: Delivery[], current: CurrentDeployment[] = []) =>
  evaluateDeliveries({
    deliveries,
    current: subjects.groupByEntity(record(current, deliveries)),
    subjects,
  }).map(({ current: isCurrent, superseded, changes }) => ({
    current: isCurrent,
    superseded,
    changes,
  }));
const before = [aDeployment({ arrival: 1, time: 5, service: 'payments-api' })];

const CURRENT = { current: true, superseded: false, changes: true };
const SUPERSEDED = { current: false, superseded: true, changes: false };
const RECORDED = { current: false, superseded: false, changes: false };

describe('evaluateDeliveries', () => {
  it('calls the newest of a batch current, and what is older superseded', () => {
    const [older, newer] = [aDelivery(2), aDelivery(3)];
    expect(evaluate([newer, older])).toEqual([CURRENT, SUPERSEDED]);
  });

  it('compares with what was recorded before', () => {
    expect(evaluate([aDelivery(4), aDelivery(6)], before)).toEqual([
      SUPERSEDED,
      CURRENT,
    ]);
    expect(evaluate([aDelivery(4)], before)).toEqual([SUPERSEDED]);
  });

  it('compares with other senders, and with other names of the service', () => {
    const argo = aDelivery(4, {}, { sender: 'argo' });
    const legacy = aDelivery(6, { service: 'Payments-Legacy' });
    expect(evaluate([argo], before)).toEqual([
      { ...SUPERSEDED, changes: true },
    ]);
    expect(evaluate([legacy], before)).toEqual([CURRENT]);
  });

  it('keeps environments and entities apart', () => {
    expect(
      evaluate(
        [
          aDelivery(2, { environment: 'staging' }),
          aDelivery(3, { service: 'orders' }),
        ],
        before,
      ),
    ).toEqual([CURRENT, CURRENT]);
  });

  it('takes a removal for current, and what came before it for superseded', () => {
    const removed = aDelivery(6, { event: 'deployment.removed' });
    expect(evaluate([removed, aDelivery(5)], before)).toEqual([
      CURRENT,
      SUPERSEDED,
    ]);
  });

  it.each(['deployment.started', 'deployment.failure'] as const)(
    'only records %s',
    event => {
      expect(evaluate([aDelivery(9, { event })], before)).toEqual([RECORDED]);
    },
  );

  it('orders by sequence within a sender, and against what has none by time', () => {
    const late = aDelivery(9, { sequence: 1 });
    const early = aDelivery(7, { sequence: 2 });
    expect(evaluate([late, early])).toEqual([SUPERSEDED, CURRENT]);
    expect(evaluate([late, early, aDelivery(8)])).toEqual([
      SUPERSEDED,
      { ...SUPERSEDED, changes: true },
      CURRENT,
    ]);
  });

  it('has the entity processed where a delivery replaces one that was shown, though it is not shown itself', () => {
    const service = 'payments-api';
    const shown = aDeployment({ arrival: 1, service, sequence: 1, time: 8 });
    const other = aDeployment({
      arrival: 2,
      service,
      sender: 'argo',
      time: 0,
    });
    const next = aDelivery(3, { sequence: 2, time: minutes(-9).toISOString() });
    expect(evaluate([next], [shown, other])).toEqual([
      { ...SUPERSEDED, changes: true },
    ]);
  });

  it('knows no entity of an unknown sender, and calls nothing of it current', () => {
    const [evaluation] = evaluateDeliveries({
      deliveries: [aDelivery(1, {}, { sender: 'gone' })],
      current: new Map(),
      subjects,
    });
    expect(evaluation).toMatchObject({ entityRef: undefined, current: false });
  });

  it('comes to the same in any order, in any batches, and reports each change', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries, order, cuts }) => {
        let current: CurrentDeployment[] = [];
        cuts.forEach((from, i) => {
          const batch = order.slice(from, cuts[i + 1]);
          const shown = annotationsOf(current);
          current = record(current, batch);
          const evaluations = evaluateDeliveries({
            deliveries: batch,
            current: subjects.groupByEntity(current),
            subjects,
          });
          expect(
            evaluations.some(({ changes }) => changes) ||
              isDeepStrictEqual(annotationsOf(current), shown),
          ).toBe(true);
        });
        expect(annotationsOf(current)).toEqual(
          annotationsOf(record([], deliveries)),
        );
      }),
    );
  });

  it('calls current what remains at the end, one for each environment', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries }) => {
        const remaining = record([], deliveries);
        const current = evaluateDeliveries({
          deliveries,
          current: subjects.groupByEntity(remaining),
          subjects,
        })
          .filter(evaluation => evaluation.current)
          .map(({ deployment }) => deployment);
        expect(annotationsOf(current)).toEqual(annotationsOf(remaining));
        const environments = current.map(({ environment }) => environment);
        expect(new Set(environments).size).toBe(environments.length);
      }),
    );
  });
});
