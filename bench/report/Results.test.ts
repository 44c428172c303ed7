import type { Measurement } from '../subjects/startSubject';
import { Results } from './Results';

const KEY = { subject: 'module', case: 'first', records: 10 };

const measurement = (value: number, rows = {}): Measurement => ({
  ingestMs: value,
  runMs: value + 1,
  cpuMs: value + 2,
  startMb: value + 99,
  peakMb: value + 100,
  memoryMb: value + 3,
  mutations: value,
  notModified: false,
  rows,
});

describe('Results', () => {
  it('gives medians, and the most rows and mutations of any round', () => {
    const results = new Results(3);
    results.add(KEY, measurement(9, { custom_data_runs: 2 }));
    results.add(KEY, measurement(1, { custom_data_runs: 1, search: 5 }));
    results.add(KEY, measurement(4));

    expect(results.rows()).toEqual([
      {
        ...KEY,
        rounds: 3,
        ingestMs: 4,
        runMs: 5,
        cpuMs: 6,
        memoryMb: 7,
        mutations: 9,
        rows: {
          own: 2,
          catalog: 5,
          byTable: { custom_data_runs: 2, search: 5 },
        },
      },
    ]);
  });

  it('fails what failed in one round', () => {
    const results = new Results(2);
    results.add(KEY, measurement(1));
    results.fail(KEY, new Error('no answer'));
    expect(results.rows()).toEqual([
      { ...KEY, rounds: 1, failed: 'no answer' },
    ]);
  });

  it('fails what was expected and not measured, or not in every round', () => {
    const results = new Results(2);
    results.expect(KEY);
    expect(results.rows()).toEqual([
      { ...KEY, rounds: 0, failed: 'measured in 0 of 2 rounds' },
    ]);
    results.add(KEY, measurement(1));
    expect(results.rows()).toEqual([
      { ...KEY, rounds: 1, failed: 'measured in 1 of 2 rounds' },
    ]);
  });
});
