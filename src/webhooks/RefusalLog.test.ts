import { mockServices } from '@backstage/backend-test-utils';
import { RefusalLog } from './RefusalLog';

describe('RefusalLog', () => {
  const setUp = () => {
    const logger = mockServices.logger.mock();
    const clock = { ms: 1e9 };
    const log = new RefusalLog({
      auditor: mockServices.auditor.mock(),
      logger,
      tracker: { rejected: jest.fn() },
      now: () => new Date(clock.ms),
    });
    const fail = (sender: string) =>
      log.notStored({ sender, error: new Error('disk full') });
    const lines = () => logger.error.mock.calls.map(([line]) => line);
    return { clock, fail, lines };
  };
  const lineOf = (sender: string) =>
    `A delivery of webhook sender "${sender}" could not be stored: Error: disk full`;

  it('writes a line once a second for each sender, with the number of those held back', () => {
    const { clock, fail, lines } = setUp();
    fail('ci');
    fail('ci');
    fail('argo');
    clock.ms += 999;
    fail('ci');
    clock.ms += 1;
    fail('ci');
    fail('ci');

    expect(lines()).toEqual([
      lineOf('ci'),
      lineOf('argo'),
      `${lineOf('ci')}, 2 more since the last line`,
    ]);
  });

  it('goes on writing when the clock is set back', () => {
    const { clock, fail, lines } = setUp();
    fail('ci');
    clock.ms = 0;
    fail('ci');
    expect(lines()).toHaveLength(2);
  });
});
