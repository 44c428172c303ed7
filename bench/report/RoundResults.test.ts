import { RoundResults } from './RoundResults';

const key = { subject: 'module', case: 'load', records: 10 };

describe('RoundResults', () => {
  it('gives medians, but of what must not be the most of any round', () => {
    const results = new RoundResults();
    results.expect(key, 3);
    results.add(key, { perSecond: 100, errors: 0 });
    results.add(key, { perSecond: 300, errors: 2 });
    results.add(key, { perSecond: 200, errors: 0 });
    expect(results.rows()).toEqual([
      { ...key, rounds: 3, perSecond: 200, errors: 2 },
    ]);
  });

  it('has no figures where a round is missing', () => {
    const results = new RoundResults();
    results.expect(key, 2);
    results.add(key, { perSecond: 100 });
    expect(results.rows()).toEqual([
      { ...key, rounds: 1, failed: 'measured in 1 of 2 rounds' },
    ]);
  });

  it('says why a round failed, however many did not', () => {
    const results = new RoundResults();
    results.expect(key, 1);
    results.add(key, { perSecond: 100 });
    results.fail(key, new Error('Cannot find module'));
    expect(results.rows()).toEqual([
      { ...key, rounds: 1, failed: 'Cannot find module' },
    ]);
  });
});
