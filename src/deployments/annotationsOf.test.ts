import fc from 'fast-check';
import { aHead } from './__testUtils__/aHead';
import { minutes } from './__testUtils__/aDelivery';
import { annotationsOf, shownOf } from './annotationsOf';

const NOON = minutes(0).toISOString();
const ONE = minutes(60).toISOString();

describe('annotationsOf', () => {
  it('gives two for each environment', () => {
    expect(
      annotationsOf([
        aHead({ version: 'v3', environment: 'staging', eventAt: ONE }),
        aHead({ version: 'v2' }),
      ]),
    ).toEqual({
      'custom/deployed-version.production': 'v2',
      'custom/deployed-at.production': NOON,
      'custom/deployed-version.staging': 'v3',
      'custom/deployed-at.staging': ONE,
    });
  });

  it('gives none for nothing', () => {
    expect(annotationsOf([])).toEqual({});
  });

  it('takes the newest over senders and names of a service', () => {
    expect(
      annotationsOf([
        aHead({ version: 'v1', serviceKey: 'legacy' }),
        aHead({ version: 'v2', sender: 'argo', eventAt: ONE }),
        aHead({ version: 'v3' }),
      ]),
    ).toEqual({
      'custom/deployed-version.production': 'v2',
      'custom/deployed-at.production': ONE,
    });
  });

  it('takes what came later of two at the same time', () => {
    const both = [
      aHead({ version: 'v9', arrival: 9 }),
      aHead({ version: 'v10', arrival: 10, sender: 'argo' }),
    ];
    for (const heads of [both, [...both].reverse()]) {
      expect(annotationsOf(heads)).toMatchObject({
        'custom/deployed-version.production': 'v10',
      });
    }
  });

  it('shows nothing where the newest says that it was removed, whoever else says success', () => {
    const removed = aHead({ status: 'removed', sender: 'argo', eventAt: ONE });
    const staging = aHead({ environment: 'staging', version: 'v1' });
    expect(annotationsOf([aHead({}), removed, staging])).toEqual({
      'custom/deployed-version.staging': 'v1',
      'custom/deployed-at.staging': NOON,
    });
    expect(
      annotationsOf([
        removed,
        aHead({ version: 'v2', eventAt: minutes(61).toISOString() }),
      ]),
    ).toMatchObject({ 'custom/deployed-version.production': 'v2' });
  });

  it('gives the same in any order', () => {
    const heads = fc
      .array(
        fc.record({
          sender: fc.constantFrom('a', 'b'),
          environment: fc.constantFrom('a', 'b'),
          eventAt: fc.constantFrom(NOON, ONE),
          status: fc.constantFrom('success' as const, 'removed' as const),
        }),
      )
      .map(all =>
        all.map((each, i) =>
          aHead({ ...each, version: `v${i}`, arrival: i + 1 }),
        ),
      );
    fc.assert(
      fc.property(
        heads.chain(all =>
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
  it('reads back what annotations show, and nothing of the others', () => {
    const annotations = annotationsOf([aHead({ version: 'v2' })]);
    expect([...shownOf({ ...annotations, 'custom/deployed': 'x' })]).toEqual([
      ['production', { version: 'v2', deployedAt: NOON }],
    ]);
  });
});
