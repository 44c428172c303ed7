import { createThrottle } from './throttle';

describe('createThrottle', () => {
  it('lets one through per key and interval, and counts the others', () => {
    let time = 0;
    const throttle = createThrottle({
      intervalMs: 1000,
      now: () => new Date(time),
    });

    expect(throttle.pass('a')).toBe(0);
    expect(throttle.pass('a')).toBeUndefined();
    expect(throttle.pass('b')).toBe(0);
    time = 999;
    expect(throttle.pass('a')).toBeUndefined();
    time = 1000;
    expect(throttle.pass('a')).toBe(2);
    expect(throttle.pass('a')).toBeUndefined();
  });

  it('does not stay shut when the clock is set back', () => {
    let time = 1e9;
    const throttle = createThrottle({
      intervalMs: 1000,
      now: () => new Date(time),
    });

    expect(throttle.pass('a')).toBe(0);
    time = 0;
    expect(throttle.pass('a')).toBe(0);
  });
});
