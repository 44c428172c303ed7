import { compileExpression } from '../compileExpression';

const evaluate = (text: string) => compileExpression(text).evaluate({});

const failed = (reason: string, value?: string) => ({
  type: 'failed',
  reason: expect.stringContaining(reason),
  position: expect.any(Number),
  ...(value !== undefined && { value }),
});

describe('$isoDate', () => {
  it.each([
    ['1740909600', '2025-03-02T10:00:00.000Z'],
    ['1740909600123', '2025-03-02T10:00:00.123Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['-1.5', '1969-12-31T23:59:58.500Z'],
    ['"2025-03-02"', '2025-03-02T00:00:00.000Z'],
    ['"2025-03-02T10:00:00Z"', '2025-03-02T10:00:00.000Z'],
    ['"2025-03-02t10:00:00.123456z"', '2025-03-02T10:00:00.123Z'],
    ['"2025-03-02 10:00:00+02:00"', '2025-03-02T08:00:00.000Z'],
    ['"2025-03-02T23:30-0130"', '2025-03-03T01:00:00.000Z'],
    ['"2024-02-29T00:00:00+01"', '2024-02-28T23:00:00.000Z'],
  ])('of %s is %s', async (given, iso) => {
    expect(await evaluate(`$isoDate(${given})`)).toEqual({
      type: 'value',
      value: iso,
    });
  });

  it.each([
    '"02/03/2025"',
    '"2025-03-02T10:00:00"',
    '"2025-02-30"',
    '"2025-02-29T00:00:00Z"',
    '"2025-13-01"',
    '"2025-03-02T24:01:00Z"',
    '"2025-03-02T10:00:00+24:00"',
    '"1740909600"',
    '"yesterday"',
    '""',
    '1e30',
    'true',
  ])('of %s fails', async given => {
    expect(await evaluate(`$isoDate(${given})`)).toMatchObject(
      failed('$isoDate takes seconds', given === '1e30' ? '1e+30' : given),
    );
  });
});
