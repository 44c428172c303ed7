import { SenderLimits } from './limits';

describe('SenderLimits', () => {
  const create = (
    changes: Partial<ConstructorParameters<typeof SenderLimits>[0]> = {},
  ) =>
    new SenderLimits({
      name: 'ci',
      rateLimit: { requests: 2, windowMs: 60_000 },
      concurrency: 2,
      ...changes,
    });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('counts the requests of each address, and says when to come again', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const limits = create();
    expect(await limits.countRequest('a')).toBeUndefined();
    expect(await limits.countRequest('a')).toBeUndefined();
    jest.setSystemTime(1_000_000 + 500);
    expect(await limits.countRequest('a')).toBe(60);
    expect(await limits.countRequest('b')).toBeUndefined();
    jest.setSystemTime(1_000_000 + 59_999);
    expect(await limits.countRequest('a')).toBe(1);
    jest.setSystemTime(1_000_000 + 60_000);
    expect(await limits.countRequest('a')).toBeUndefined();
  });

  it('gives each address as many permits for bodies, and each again once it is given back', () => {
    const limits = create();
    const release = limits.acquireBody('a');
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
    expect(limits.acquireBody('b')).toBeDefined();
    release?.();
    expect(limits.acquireBody('a')).toBeDefined();
    expect(limits.acquireBody('a')).toBeUndefined();
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

  it('gives permits for verified work, whatever bodies are on their way', () => {
    const limits = create();
    limits.acquireBody('a');
    limits.acquireBody('a');
    const release = limits.acquireWork();
    expect(limits.acquireWork()).toBeDefined();
    expect(limits.acquireWork()).toBeUndefined();
    release?.();
    expect(limits.acquireWork()).toBeDefined();
  });
});
