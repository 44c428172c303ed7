import { fillReconcile, isCron, reconcile, schedule } from './durations';
import { parse } from './messages';

const read = (value: unknown) => parse(schedule, value, ['schedule']);

function reasonOf(value: unknown) {
  const parsed = read(value);
  return parsed.type === 'faulty' ? parsed.faults[0].reason : undefined;
}

describe('schedule', () => {
  it.each([
    ['an object', { minutes: 15 }, { minutes: 15 }],
    ['ISO 8601', 'PT15M', { minutes: 15 }],
    ['a number with its unit', '15m', { minutes: 15 }],
    ['a cron schedule', { cron: '0 */6 * * *' }, { cron: '0 */6 * * *' }],
    ['cron with seconds', { cron: '5 4 3 * * *' }, { cron: '5 4 3 * * *' }],
    ['none but by hand', { trigger: 'manual' }, { trigger: 'manual' }],
  ])('reads a frequency given as %s', (_what, value, frequency) => {
    expect(read({ frequency: value })).toEqual({
      type: 'ok',
      value: expect.objectContaining({ frequency }),
    });
  });

  it.each([
    ['0 */6 * * *', 'write { cron: "0 */6 * * *" }'],
    [{ cron: 'daily' }, 'is not a cron schedule'],
    [{ cron: '0 * * * *', timezone: 'x' }, 'is not a cron schedule'],
    [{ trigger: 'auto' }, 'try { trigger: "manual" }'],
    [15, '15 is not a duration; try "15m"'],
    ['15', '"15" is not a duration'],
    [{}, 'is not a duration'],
    [{ minuts: 15 }, 'unknown key "minuts", did you mean "minutes"?'],
    [{ minutes: 0 }, 'is not longer than 0'],
    [{ minutes: -5 }, 'is not longer than 0'],
  ])('refuses the frequency %j', (value, reason) => {
    expect(reasonOf({ frequency: value })).toContain(reason);
  });

  it('accepts a delay of 0 and refuses a timeout of 0', () => {
    expect(reasonOf({ initialDelay: '0s' })).toBeUndefined();
    expect(reasonOf({ timeout: '0s' })).toContain('longer than 0');
  });

  it('refuses a timeout that no timer of Node.js holds', () => {
    const timeout = { days: 25 };
    expect(reasonOf({ timeout: { days: 24 } })).toBeUndefined();
    expect(reasonOf({ timeout })).toContain('is longer than 24 days');
    expect(parse(reconcile, { timeout }, ['reconcile'])).toMatchObject({
      faults: [{ reason: expect.stringContaining('is longer than 24 days') }],
    });
  });
});

describe('the defaults of schedules', () => {
  function fill(value: { schedule?: object; reconcile?: object }) {
    const filled = schedule.parse(value.schedule);
    return {
      schedule: filled,
      reconcile: fillReconcile(reconcile.parse(value.reconcile), filled),
    };
  }

  it('fills in what a schedule leaves out', () => {
    expect(fill({ schedule: { frequency: { hours: 1 } } }).schedule).toEqual({
      frequency: { hours: 1 },
      timeout: { minutes: 5 },
      initialDelay: { seconds: 30 },
    });
  });

  it('delays reconciling by the timeout of a poll', () => {
    expect(fill({ schedule: { timeout: { minutes: 20 } } }).reconcile).toEqual({
      frequency: { hours: 6 },
      timeout: { minutes: 20 },
      initialDelay: { minutes: 20 },
    });
  });

  it('keeps what reconcile sets', () => {
    const given = { frequency: { hours: 1 }, timeout: { hours: 1 } };
    expect(fill({ reconcile: given }).reconcile).toEqual({
      ...given,
      initialDelay: { minutes: 5 },
    });
  });

  it.each([{ cron: '0 3 * * *' }, { trigger: 'manual' }])(
    'adds no delay to %j',
    frequency => {
      const filled = fill({
        schedule: { frequency },
        reconcile: { frequency },
      });
      expect(filled.schedule).not.toHaveProperty('initialDelay');
      expect(filled.reconcile).not.toHaveProperty('initialDelay');
    },
  );

  it('keeps a delay that is set beside a cron schedule', () => {
    const given = { frequency: { cron: '0 3 * * *' }, initialDelay: '1m' };
    expect(fill({ schedule: given }).schedule.initialDelay).toEqual({
      minutes: 1,
    });
  });
});

describe('isCron', () => {
  it.each([
    '* * * * *',
    '0 */6 * * *',
    '5 4 3 2 1 0',
    '0 8-18/2 * jan-mar mon,WED,fri',
    '0,30 * 1 * 7',
    '  0 0 * * *  ',
    '@daily',
  ])('takes "%s"', value => {
    expect(isCron(value)).toBe(true);
  });

  it.each([
    '',
    'daily',
    '@never',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    '1- * * * *',
    '0 0 * * moon',
    '0 0 ? * *',
    5,
    undefined,
  ])('refuses %j', value => {
    expect(isCron(value)).toBe(false);
  });
});
