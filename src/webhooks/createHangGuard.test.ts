import { createHangGuard } from './createHangGuard';

describe('createHangGuard', () => {
  let time: number;
  const create = () =>
    createHangGuard({ waitMs: 10_000, now: () => new Date(time) });

  beforeEach(() => {
    time = 0;
  });

  it('lets one through, ever more seldom, while statements hang', () => {
    const guard = create();
    guard.abandoned();
    expect(guard.admits()).toBe(true);
    const waits = [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000];
    for (const wait of waits) {
      guard.abandoned();
      time += wait - 1;
      expect(guard.admits()).toBe(false);
      time += 1;
      expect([guard.admits(), guard.admits()]).toEqual([true, false]);
    }
  });

  it('lets all through once a statement is answered, whatever else hangs', () => {
    const guard = create();
    for (let i = 0; i < 5; i++) {
      guard.abandoned();
    }
    expect(guard.hangs()).toBe(true);
    guard.answered();
    expect(guard.hangs()).toBe(false);
    expect([guard.admits(), guard.admits()]).toEqual([true, true]);
  });

  it('lets all through where those that hung have ended', () => {
    const guard = create();
    guard.abandoned();
    guard.abandoned();
    expect(guard.admits()).toBe(false);
    guard.ended();
    expect(guard.admits()).toBe(true);
  });

  it('lets another through where nothing came of one', () => {
    const guard = create();
    guard.abandoned();
    guard.abandoned();
    time = 10_000;
    expect([guard.admits(), guard.admits()]).toEqual([true, false]);
    time = 20_000;
    expect(guard.admits()).toBe(true);
  });
});
