import { checkTime } from './checkTime';

const timestamp = 1_700_000_000;
const check = (nowMs: number) =>
  checkTime({ timestamp, now: new Date(nowMs), windowMs: 300_000 });

describe('checkTime', () => {
  it('takes what is within the window, either way', () => {
    for (const aheadMs of [-300_000, 0, 300_000]) {
      expect(check(timestamp * 1000 + aheadMs)).toBeUndefined();
    }
  });

  it('tells how far a clock is off', () => {
    expect(check(timestamp * 1000 + 412_000)).toEqual({
      code: 'clock-behind',
      seconds: 412,
    });
    expect(check(timestamp * 1000 - 300_001)).toEqual({
      code: 'clock-ahead',
      seconds: 300,
    });
  });
});
