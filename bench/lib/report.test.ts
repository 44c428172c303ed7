import { median, percentile, Report } from './report';

it.each([
  [[100, 9, 20], 20],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it.each([
  [0, 1],
  [0.5, 100],
  [0.99, 198],
  [1, 200],
])('the percentile %d of 1 to 200 is %d', (share, expected) => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(percentile(values, share)).toBe(expected);
});

describe('Report', () => {
  it('has medians of times and the largest of counts', () => {
    const report = new Report();
    report.add('module', 'first', { 'run ms': 10, mutations: 0 });
    report.add('module', 'first', { 'run ms': 90, mutations: 1 });
    report.add('module', 'first', { 'run ms': 20, mutations: 0 });
    expect(report.toJSON().rows).toEqual([
      {
        case: 'first',
        subject: 'module',
        rounds: 3,
        figures: { 'run ms': 20, mutations: 1 },
      },
    ]);
  });

  it('compares a value with the most and the least that it may be', () => {
    const report = new Report();
    report.atMost(0.5, 'a', () => 0.5);
    report.atMost(0.5, 'b', () => 0.6);
    report.atLeast(0.5, 'c', () => 0.5);
    report.atLeast(0.5, 'd', () => 0.4);
    expect(report.toJSON().targets).toEqual([
      { name: 'a', value: 0.5, limit: 'at most 0.5', holds: true },
      { name: 'b', value: 0.6, limit: 'at most 0.5', holds: false },
      { name: 'c', value: 0.5, limit: 'at least 0.5', holds: true },
      { name: 'd', value: 0.4, limit: 'at least 0.5', holds: false },
    ]);
  });

  it('holds no target whose figures are missing', () => {
    const report = new Report();
    report.atMost(1, 'a', () => report.figure('module', 'first', 'run ms'));
    report.atMost(1, 'b', () => 0 / 0);
    expect(report.toJSON().targets).toEqual([
      expect.objectContaining({
        holds: false,
        reason: 'module, first: not measured',
      }),
      expect.objectContaining({ holds: false, reason: 'The value is NaN' }),
    ]);
  });

  it('fails a case of which one round failed', async () => {
    const report = new Report();
    const figure = (name: string) => report.figure('module', name, 'run ms');
    report.add('module', 'second', { 'run ms': 2 });
    await report.round('module', ['first', 'second'], async add => {
      add('first', { 'run ms': 1 });
      throw new Error('out of order');
    });
    expect(figure('first')).toBe(1);
    expect(() => figure('second')).toThrow('Error: out of order');
    expect(report.failures()).toEqual(['Error: out of order']);
  });
});
