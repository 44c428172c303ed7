import { mockLogger } from '../__testUtils__/mockLogger';
import { RefusalLog } from './RefusalLog';

describe('RefusalLog', () => {
  it('writes for each sender when storing begins to fail and when it works again', () => {
    const logger = mockLogger();
    const log = new RefusalLog({
      auditor: { createEvent: jest.fn() },
      logger,
      tracker: { rejected: jest.fn(), limited: jest.fn() },
      now: () => new Date(),
    });
    const fail = (sender: string) =>
      log.notStored({ sender, error: new Error('disk full') });
    fail('ci');
    fail('ci');
    fail('argo');
    log.stored('ci');

    expect(logger.error.mock.calls.map(([line]) => line)).toEqual(
      ['ci', 'argo'].map(sender =>
        expect.stringContaining(
          `Deliveries of webhook sender "${sender}" could not be stored: Error: disk full`,
        ),
      ),
    );
    expect(logger.info.mock.calls.map(([line]) => line)).toEqual([
      'Deliveries of webhook sender "ci" could not be stored, 2 times; that works again',
    ]);
  });

  it('writes other failures once a second, also when the clock is set back', () => {
    const logger = mockLogger();
    let ms = 1e9;
    const log = new RefusalLog({
      auditor: { createEvent: jest.fn() },
      logger,
      tracker: { rejected: jest.fn(), limited: jest.fn() },
      now: () => new Date(ms),
    });
    const failAt = (time: number) => {
      ms = time;
      log.failed(new Error('no'));
    };
    [1e9, 1e9 + 999, 1e9 + 1000, 0].forEach(failAt);
    expect(logger.error.mock.calls.map(([line]) => line)).toEqual([
      'A webhook failed: Error: no',
      'A webhook failed: Error: no, 1 more since the last line',
      'A webhook failed: Error: no',
    ]);
  });
});
