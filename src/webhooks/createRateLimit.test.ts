import { createRateLimit } from './createRateLimit';

describe('createRateLimit', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('counts each caller, and says when to come again', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const limit = createRateLimit({ requests: 2, windowMs: 60_000 });
    expect(await limit.count('a')).toBeUndefined();
    expect(await limit.count('a')).toBeUndefined();
    jest.setSystemTime(1_000_000 + 500);
    expect(await limit.count('a')).toBe(60);
    expect(await limit.count('b')).toBeUndefined();
    jest.setSystemTime(1_000_000 + 59_999);
    expect(await limit.count('a')).toBe(1);
    jest.setSystemTime(1_000_000 + 60_000);
    expect(await limit.count('a')).toBeUndefined();
  });
});
