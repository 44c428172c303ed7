import { mockServices } from '@backstage/backend-test-utils';
import { createPauseWatch } from './createPauseWatch';

type Paused = Map<string, { by: string; at: Date }>;

describe('createPauseWatch', () => {
  const pausedBy = (by: string): Paused =>
    new Map([['ci', { by, at: new Date('2026-11-22T12:00:00Z') }]]);

  function setUp() {
    const paused = jest.fn<Promise<Paused>, []>(async () => new Map());
    const logger = mockServices.logger.mock();
    return {
      paused,
      logger,
      watch: createPauseWatch({ store: { paused }, logger }),
    };
  }

  it('knows what the table said last, and says what changed once', async () => {
    const { paused, logger, watch } = setUp();
    expect(watch.isPaused('ci')).toBe(false);

    paused.mockResolvedValue(pausedBy('user:default/jane'));
    await watch.refresh();
    await watch.refresh();

    expect(watch.isPaused('ci')).toBe(true);
    expect(watch.isPaused('argo')).toBe(false);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('"ci" was paused by "user:default/jane"'),
    );

    paused.mockResolvedValue(new Map());
    await watch.refresh();
    await watch.refresh();

    expect(watch.isPaused('ci')).toBe(false);
    expect(logger.info).toHaveBeenCalledTimes(1);
  });

  it('keeps what it knew, and fails, where the table cannot be read', async () => {
    const { paused, watch } = setUp();
    paused.mockResolvedValueOnce(pausedBy('user:default/jane'));
    await watch.refresh();
    paused.mockRejectedValueOnce(new Error('the database is gone'));

    await expect(watch.refresh()).rejects.toThrow('the database is gone');

    expect(watch.isPaused('ci')).toBe(true);
  });

  it('is not set back by an answer that is late', async () => {
    const { paused, watch } = setUp();
    let answerLate = (_: Paused) => {};
    paused.mockReturnValueOnce(
      new Promise(resolve => {
        answerLate = resolve;
      }),
    );
    const late = watch.refresh();
    paused.mockResolvedValueOnce(pausedBy('user:default/jane'));
    await watch.refresh();
    answerLate(new Map());
    await late;

    expect(watch.isPaused('ci')).toBe(true);
  });
});
