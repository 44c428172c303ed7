import fc from 'fast-check';
import type { CurrentDeployment } from '../model/deployment';
import { annotationsOf } from './annotationsOf';

const deployment = (
  options: Partial<CurrentDeployment> & { version: string },
): CurrentDeployment => ({
  sender: 'ci',
  serviceKey: 'payments',
  environment: 'production',
  deployedAt: '2026-11-22T12:00:00.000Z',
  ...options,
});

describe('annotationsOf', () => {
  it('gives two for each environment', () => {
    expect(
      annotationsOf([
        deployment({ version: 'v2' }),
        deployment({
          version: 'v3',
          environment: 'staging',
          deployedAt: '2026-11-22T13:00:00.000Z',
        }),
      ]),
    ).toEqual({
      'custom/deployed-version.production': 'v2',
      'custom/deployed-at.production': '2026-11-22T12:00:00.000Z',
      'custom/deployed-version.staging': 'v3',
      'custom/deployed-at.staging': '2026-11-22T13:00:00.000Z',
    });
  });

  it('gives none for nothing', () => {
    expect(annotationsOf([])).toEqual({});
  });

  it('takes the newest over senders and names of a service', () => {
    const [older, newer] = [
      '2026-11-22T12:00:00.000Z',
      '2026-11-22T12:00:00.001Z',
    ];
    const shown = annotationsOf([
      deployment({ version: 'v1', deployedAt: older, serviceKey: 'legacy' }),
      deployment({ version: 'v2', deployedAt: newer, sender: 'argo' }),
      deployment({ version: 'v3', deployedAt: older }),
    ]);
    expect(shown['custom/deployed-version.production']).toBe('v2');
    expect(shown['custom/deployed-at.production']).toBe(newer);
  });

  it('gives the same in any order', () => {
    const rows = fc
      .uniqueArray(
        fc.record({
          sender: fc.constantFrom('a', 'b'),
          serviceKey: fc.constantFrom('a', 'b'),
          environment: fc.constantFrom('a', 'b'),
          deployedAt: fc.constantFrom('1', '2'),
        }),
        { selector: row => JSON.stringify(row) },
      )
      .map(all => all.map((row, i) => ({ ...row, version: `v${i}` })));
    fc.assert(
      fc.property(
        rows.chain(all =>
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
