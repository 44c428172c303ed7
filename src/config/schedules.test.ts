import { parse } from './fault';
import { fillSchedules, scheduleBlock } from './schedules';

const read = (value: unknown) => parse(scheduleBlock, value, ['schedule']);

function reasonOf(value: unknown) {
  const parsed = read(value);
  return parsed.type === 'faulty' ? parsed.faults[0].reason : undefined;
}

describe('scheduleBlock', () => {
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
      value: { frequency },
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

  it('takes no delay at all, yet no timeout of nothing', () => {
    expect(reasonOf({ initialDelay: '0s' })).toBeUndefined();
    expect(reasonOf({ timeout: '0s' })).toContain('longer than 0');
  });
});

describe('fillSchedules', () => {
  it('gives a schedule what it leaves out', () => {
    const schedule = { frequency: { hours: 1 } };
    expect(fillSchedules({ schedule, reconcile: {} }).schedule).toEqual({
      frequency: { hours: 1 },
      timeout: { minutes: 5 },
      initialDelay: { seconds: 30 },
    });
  });

  it('starts reconciling after the first poll has had its time', () => {
    const schedule = { timeout: { minutes: 20 } };
    expect(fillSchedules({ schedule, reconcile: {} }).reconcile).toEqual({
      frequency: { hours: 6 },
      timeout: { minutes: 20 },
      initialDelay: { minutes: 20 },
    });
  });

  it('keeps what reconcile says itself', () => {
    const reconcile = { frequency: { hours: 1 }, timeout: { hours: 1 } };
    expect(fillSchedules({ schedule: {}, reconcile }).reconcile).toEqual({
      ...reconcile,
      initialDelay: { minutes: 5 },
    });
  });

  it.each([{ cron: '0 3 * * *' }, { trigger: 'manual' as const }])(
    'does not begin before %j says so',
    frequency => {
      const { schedule, reconcile } = fillSchedules({
        schedule: { frequency },
        reconcile: { frequency },
      });
      expect(schedule).not.toHaveProperty('initialDelay');
      expect(reconcile).not.toHaveProperty('initialDelay');
    },
  );
});
