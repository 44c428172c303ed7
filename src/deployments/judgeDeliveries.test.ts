import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { aSender } from '../config/__testUtils__/aSender';
import type { Delivery } from '../deliveries/delivery';
import { aDelivery, minutes } from './__testUtils__/aDelivery';
import { aHead } from './__testUtils__/aHead';
import { deliveryLists } from './__testUtils__/deliveryLists';
import { annotationsOf } from './annotationsOf';
import { createDeploymentSubjects } from './createDeploymentSubjects';
import type { DeploymentHead } from './deployment';
import { judgeDeliveries } from './judgeDeliveries';
import { recordOnto } from './recordOnto';

const aliases = { 'payments-legacy': 'payments-api' };
const senders = [aSender({ aliases }), aSender({ name: 'argo', aliases })];
const subjects = createDeploymentSubjects(senders);

/** What becomes of deliveries that are recorded on top of heads. */
const judge = (deliveries: Delivery[], heads: DeploymentHead[] = []) =>
  judgeDeliveries({
    deliveries,
    heads: recordOnto(heads, deliveries),
    subjects,
  }).map(({ current, superseded, changes }) => ({
    current,
    superseded,
    changes,
  }));
const before = [aHead({ arrival: 1, eventAt: minutes(5).toISOString() })];

const CURRENT = { current: true, superseded: false, changes: true };
const SUPERSEDED = { current: false, superseded: true, changes: false };
const RECORDED = { current: false, superseded: false, changes: false };

describe('judgeDeliveries', () => {
  it('has one of a batch be current, and what is older superseded', () => {
    const [older, newer] = [aDelivery(2), aDelivery(3)];
    expect(judge([newer, older])).toEqual([CURRENT, SUPERSEDED]);
  });

  it('goes by what is known from before', () => {
    expect(judge([aDelivery(4), aDelivery(6)], before)).toEqual([
      SUPERSEDED,
      CURRENT,
    ]);
    expect(judge([aDelivery(4)], before)).toEqual([SUPERSEDED]);
  });

  it('compares with other senders, and with other names of the service', () => {
    const argo = aDelivery(4, {}, { sender: 'argo' });
    const legacy = aDelivery(6, { service: 'Payments-Legacy' });
    expect(judge([argo], before)).toEqual([{ ...SUPERSEDED, changes: true }]);
    expect(judge([legacy], before)).toEqual([CURRENT]);
  });

  it('keeps environments and entities apart', () => {
    expect(
      judge(
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
    expect(judge([removed, aDelivery(5)], before)).toEqual([
      CURRENT,
      SUPERSEDED,
    ]);
  });

  it.each(['deployment.started', 'deployment.failure'] as const)(
    'only records %s',
    event => {
      expect(judge([aDelivery(9, { event })], before)).toEqual([RECORDED]);
    },
  );

  it('orders by sequence within a sender, and against what has none by time', () => {
    const late = aDelivery(9, { sequence: 1 });
    const early = aDelivery(7, { sequence: 2 });
    expect(judge([late, early])).toEqual([SUPERSEDED, CURRENT]);
    expect(judge([late, early, aDelivery(8)])).toEqual([
      SUPERSEDED,
      { ...SUPERSEDED, changes: true },
      CURRENT,
    ]);
  });

  it('has the entity processed where a delivery gives way to another that was not shown', () => {
    const shown = aHead({ sequence: 1, eventAt: minutes(8).toISOString() });
    const other = aHead({ sender: 'argo', arrival: 2, version: 'v2' });
    const heads = recordOnto([shown, other], []);
    const next = aDelivery(3, { sequence: 2, time: minutes(-9).toISOString() });
    expect(judge([next], heads)).toEqual([{ ...SUPERSEDED, changes: true }]);
  });

  it('knows no entity of a sender that is gone, and calls nothing of it current', () => {
    const [verdict] = judgeDeliveries({
      deliveries: [aDelivery(1, {}, { sender: 'gone' })],
      heads: [],
      subjects,
    });
    expect(verdict).toMatchObject({ entityRef: undefined, current: false });
  });

  it('comes to the same in any order, in any pieces, and tells of each change', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries, order, cuts }) => {
        let heads: DeploymentHead[] = [];
        cuts.forEach((from, i) => {
          const piece = order.slice(from, cuts[i + 1]);
          const shown = annotationsOf(heads);
          heads = recordOnto(heads, piece);
          const told = judgeDeliveries({ deliveries: piece, heads, subjects });
          expect(
            told.some(({ changes }) => changes) ||
              isDeepStrictEqual(annotationsOf(heads), shown),
          ).toBe(true);
        });
        expect(annotationsOf(heads)).toEqual(
          annotationsOf(recordOnto([], deliveries)),
        );
      }),
    );
  });

  it('calls current what remains in the end, of each environment one', () => {
    fc.assert(
      fc.property(deliveryLists(), ({ deliveries }) => {
        const heads = recordOnto([], deliveries);
        const current = judgeDeliveries({ deliveries, heads, subjects })
          .filter(verdict => verdict.current)
          .map(({ deployment }) => deployment);
        expect(annotationsOf(current)).toEqual(annotationsOf(heads));
        const environments = current.map(({ environment }) => environment);
        expect(new Set(environments).size).toBe(environments.length);
      }),
    );
  });
});
