import { ConcurrencyLimit, RateLimit, UnverifiedLimits } from './limits';

const T0 = 1_000_000;

describe('RateLimit', () => {
  const create = () => new RateLimit({ requests: 2, windowMs: 60_000 });

  beforeEach(() => {
    jest.useFakeTimers({ now: T0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('counts the requests of each address, and says when to come again', async () => {
    const limits = create();
    expect(await limits.count('a')).toBeUndefined();
    expect(await limits.count('a')).toBeUndefined();
    jest.advanceTimersByTime(500);
    expect(await limits.count('a')).toBe(60);
    expect(await limits.count('b')).toBeUndefined();
    jest.advanceTimersByTime(59_499);
    expect(await limits.count('a')).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await limits.count('a')).toBeUndefined();
  });

  it('keeps nobody out for longer than one window where the clock steps back', async () => {
    const limits = create();
    for (let i = 0; i < 3; i++) {
      await limits.count('a');
    }
    jest.setSystemTime(T0 - 3_600_000);
    expect(await limits.count('a')).toBe(60);
    jest.advanceTimersByTime(60_000);
    expect(await limits.count('a')).toBeUndefined();
  });
});

describe('ConcurrencyLimit', () => {
  it('bounds what is in flight for each key', () => {
    const limit = new ConcurrencyLimit(2);
    const release = limit.acquire('a');
    expect(limit.acquire('a')).toBeDefined();
    expect(limit.acquire('a')).toBeUndefined();
    expect(limit.acquire('b')).toBeDefined();
    release?.();
    expect(limit.acquire('a')).toBeDefined();
  });
});

describe('UnverifiedLimits', () => {
  const create = () =>
    new UnverifiedLimits([
      { concurrency: 1, maxBodyBytes: 5_000 },
      { concurrency: 2, maxBodyBytes: 2_000 },
    ]);

  it('keeps out an address once it has sent too many, and no other', async () => {
    const limits = create();
    for (let i = 0; i < 1200; i++) {
      expect(await limits.rate.check('a')).toBeUndefined();
      await limits.rate.count('a');
    }
    expect(await limits.rate.check('a')).toBeGreaterThan(50);
    expect(await limits.rate.check('b')).toBeUndefined();
  });

  it('gives each address as many permits as the sender with the most, and each again once it is given back', () => {
    const limits = create();
    const first = limits.acquireBody('a');
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
    expect(limits.acquireBody('b')).toBeDefined();
    first?.release();
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
    expect(limits.maxBodyBytes).toBe(5_000);
  });

  it('bounds the bytes of all bodies together at 64 MB, and has them back with each body', () => {
    const limits = create();
    const first = limits.acquireBody('a');
    expect(first?.take(40_000_000)).toBe(true);
    expect(first?.take(20_000_000)).toBe(true);
    const second = limits.acquireBody('b');
    expect(second?.take(4_000_001)).toBe(false);
    expect(second?.take(4_000_000)).toBe(true);
    first?.release();
    expect(second?.take(60_000_001)).toBe(false);
    expect(second?.take(60_000_000)).toBe(true);
  });

  it('has room for all bodies that one sender may send at once, however large they are', () => {
    const limits = new UnverifiedLimits([
      { concurrency: 100, maxBodyBytes: 1_000_000 },
      { concurrency: 20, maxBodyBytes: 10_000_000 },
    ]);
    const body = limits.acquireBody('a');
    expect(body?.take(200_000_000)).toBe(true);
    expect(body?.take(1)).toBe(false);
  });
});
