import fc from 'fast-check';
import { aDeployment, at } from './__testUtils__/aDeployment';
import { annotationsOf, shownOf } from './annotations';

const time = (minutes: number) => at(minutes).toISOString();

describe('annotationsOf', () => {
  it('gives two for each environment', () => {
    expect(
      annotationsOf([
        aDeployment({ arrival: 3, environment: 'staging' }),
        aDeployment({ arrival: 2 }),
      ]),
    ).toEqual({
      'custom/deployed-version.production': 'v2',
      'custom/deployed-at.production': time(2),
      'custom/deployed-version.staging': 'v3',
      'custom/deployed-at.staging': time(3),
    });
  });

  it('gives none without a deployment', () => {
    expect(annotationsOf([])).toEqual({});
  });

  it('takes the newest of all senders and names of a service', () => {
    expect(
      annotationsOf([
        aDeployment({ arrival: 1, service: 'legacy', time: 0 }),
        aDeployment({ arrival: 2, sender: 'argo', time: 1 }),
        aDeployment({ arrival: 3, time: 0 }),
      ]),
    ).toEqual({
      'custom/deployed-version.production': 'v2',
      'custom/deployed-at.production': time(1),
    });
  });

  it('takes the one that arrived later of two with the same time', () => {
    const both = [
      aDeployment({ arrival: 9, time: 0 }),
      aDeployment({ arrival: 10, time: 0, sender: 'argo' }),
    ];
    for (const current of [both, [...both].reverse()]) {
      expect(annotationsOf(current)).toMatchObject({
        'custom/deployed-version.production': 'v10',
      });
    }
  });

  it('shows nothing where the newest was removed, whatever other senders report', () => {
    const removed = aDeployment({
      arrival: 2,
      event: 'deployment.removed',
      sender: 'argo',
    });
    const staging = aDeployment({ arrival: 3, environment: 'staging' });
    expect(
      annotationsOf([aDeployment({ arrival: 1 }), removed, staging]),
    ).toEqual({
      'custom/deployed-version.staging': 'v3',
      'custom/deployed-at.staging': time(3),
    });
    expect(annotationsOf([removed, aDeployment({ arrival: 4 })])).toMatchObject(
      { 'custom/deployed-version.production': 'v4' },
    );
  });

  it('gives the same in any order', () => {
    const deployments = fc
      .array(
        fc.record({
          sender: fc.constantFrom('a', 'b'),
          environment: fc.constantFrom('a', 'b'),
          time: fc.constantFrom(0, 1),
          event: fc.constantFrom(
            'deployment.success' as const,
            'deployment.removed' as const,
          ),
        }),
      )
      .map(all => all.map((each, i) => aDeployment({ ...each, arrival: i })));
    fc.assert(
      fc.property(
        deployments.chain(all =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length }),
          ),
        ),
        ([all, shuffled]) => {
          expect(JSON.stringify(annotationsOf(shuffled))).toBe(
            JSON.stringify(annotationsOf(all)),
          );
        },
      ),
    );
  });
});

describe('shownOf', () => {
  it('reads back what annotations show, and ignores all others', () => {
    const annotations = annotationsOf([aDeployment({ arrival: 2 })]);
    expect([...shownOf({ ...annotations, 'custom/deployed': 'x' })]).toEqual([
      ['production', { version: 'v2', deployedAt: time(2) }],
    ]);
  });
});
