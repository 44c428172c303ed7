import { mockLogger } from '../__testUtils__/mockLogger';
import { OutageLog } from './OutageLog';

describe('OutageLog', () => {
  const setUp = () => {
    const logger = mockLogger();
    const clock = { ms: 1e9 };
    const log = new OutageLog({ logger, now: () => new Date(clock.ms) });
    const full = Object.assign(new Error('insert … secret'), {
      name: 'SqliteError',
      code: 'SQLITE_FULL',
    });
    return {
      clock,
      fail: (what = 'It failed') => log.failed(what, full),
      work: (what = 'It failed') => log.worked(what),
      begins: () => logger.error.mock.calls.map(([line]) => line),
      ends: () => logger.info.mock.calls.map(([line]) => line),
    };
  };
  const begin =
    'It failed: SqliteError SQLITE_FULL; the log will say when it works again';

  it('logs once when a disk is full, and once when it is not any more', () => {
    const { clock, fail, work, begins, ends } = setUp();
    work();
    for (let i = 0; i < 500; i++) {
      fail();
      clock.ms += 1000;
    }
    expect(begins()).toEqual([begin]);
    expect(ends()).toEqual([]);
    work();
    work();
    expect(ends()).toEqual(['It failed, 500 times; that works again']);
    fail();
    expect(begins()).toEqual([begin, begin]);
    work();
    expect(ends()).toEqual([
      'It failed, 500 times; that works again',
      'It failed, 1 time; that works again',
    ]);
  });

  it('logs what fails and works by turns once a minute, and a lasting failure in any case', () => {
    const { clock, fail, work, begins, ends } = setUp();
    for (let i = 0; i < 59; i++) {
      fail();
      work();
      clock.ms += 1000;
    }
    expect(begins()).toHaveLength(1);
    expect(ends()).toHaveLength(1);
    fail();
    clock.ms += 1000;
    fail();
    expect(begins()).toHaveLength(2);
  });

  it('keeps one thing apart from another, and stands a clock that is set back', () => {
    const { clock, fail, work, begins } = setUp();
    fail();
    fail('Another failed');
    expect(begins()).toHaveLength(2);
    work();
    clock.ms = 0;
    fail();
    expect(begins()).toHaveLength(3);
  });
});
