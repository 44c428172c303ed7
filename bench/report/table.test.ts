import { rowTable, targetTable } from './table';

describe('rowTable', () => {
  it('shows figures, failures, and only columns that are used', () => {
    expect(
      rowTable([
        {
          case: 'first',
          subject: 'module',
          records: 10,
          rounds: 1,
          cpuMs: 12.345,
          mutations: 0,
        },
        {
          case: 'first',
          subject: 'full',
          records: 10,
          rounds: 0,
          failed: 'it | broke\nat line 1',
        },
      ]),
    ).toBe(
      [
        '| case  | subject | records | CPU ms | mutations | FAILED     |',
        '| ----- | ------- | ------- | ------ | --------- | ---------- |',
        '| first | module  | 10      | 12.3   | 0         |            |',
        '| first | full    | 10      |        |           | it / broke |',
      ].join('\n'),
    );
  });
});

describe('targetTable', () => {
  it('shows what holds, and why something has no value', () => {
    expect(
      targetTable([
        { name: 'a', value: 0.12345, limit: 0.5, holds: true },
        { name: 'b', limit: 1, holds: false, reason: 'gone' },
      ]),
    ).toBe(
      [
        '| target | value | limit | holds |',
        '| ------ | ----- | ----- | ----- |',
        '| a      | 0.123 | 0.5   | true  |',
        '| b      | gone  | 1     | false |',
      ].join('\n'),
    );
  });
});
