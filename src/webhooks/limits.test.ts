import { SenderLimits, UnverifiedLimits } from './limits';

const T0 = 1_000_000;

describe('SenderLimits', () => {
  const create = () =>
    new SenderLimits({
      rateLimit: { requests: 2, windowMs: 60_000 },
      concurrency: 2,
    });

  beforeEach(() => {
    jest.useFakeTimers({ now: T0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('counts the requests of each address, and says when to come again', async () => {
    const limits = create();
    expect(await limits.countRequest('a')).toBeUndefined();
    expect(await limits.countRequest('a')).toBeUndefined();
    jest.advanceTimersByTime(500);
    expect(await limits.countRequest('a')).toBe(60);
    expect(await limits.countRequest('b')).toBeUndefined();
    jest.advanceTimersByTime(59_499);
    expect(await limits.countRequest('a')).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await limits.countRequest('a')).toBeUndefined();
  });

  it('keeps nobody out for longer than one window where the clock steps back', async () => {
    const limits = create();
    for (let i = 0; i < 3; i++) {
      await limits.countRequest('a');
    }
    jest.setSystemTime(T0 - 3_600_000);
    expect(await limits.countRequest('a')).toBe(60);
    jest.advanceTimersByTime(60_000);
    expect(await limits.countRequest('a')).toBeUndefined();
  });

  it('bounds the requests that are worked on', () => {
    const limits = create();
    const release = limits.acquireWork();
    expect(limits.acquireWork()).toBeDefined();
    expect(limits.acquireWork()).toBeUndefined();
    release?.();
    expect(limits.acquireWork()).toBeDefined();
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
      expect(await limits.check('a')).toBeUndefined();
      await limits.count('a');
    }
    expect(await limits.check('a')).toBeGreaterThan(50);
    expect(await limits.check('b')).toBeUndefined();
  });

  it('gives each address as many permits as the sender with the most, and each again once it is given back', () => {
    const limits = create();
    const release = limits.acquireBody('a');
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
    expect(limits.acquireBody('b')).toBeDefined();
    release?.();
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
    expect(limits.maxBodyBytes).toBe(5_000);
  });

  it('bounds the bodies of all addresses together', () => {
    const limits = create();
    const taken = Array.from({ length: 40 }, (_, i) =>
      limits.acquireBody(`address-${i}`),
    );
    expect(taken).not.toContain(undefined);
    expect(limits.acquireBody('another')).toBeUndefined();
    taken[7]?.();
    expect(limits.acquireBody('another')).toBeDefined();
  });
});
