import type { Knex } from 'knex';
import { FakeSource, mapper, settingsOf } from './__testUtils__/fakes';
import { fetchRecord } from './fetchRecord';

describe('fetchRecord', () => {
  afterEach(() => jest.restoreAllMocks());

  /** Fetches from a source that calls back and never answers. */
  function fetchFrom(asked: () => void, { signal } = new AbortController()) {
    const source = new FakeSource();
    const read = jest.fn(() => {
      asked();
      return new Promise<never>(() => {});
    });
    source.read = read;
    const answer = fetchRecord({
      knex: {} as Knex,
      settings: settingsOf(),
      source,
      mapper,
      recordId: 'a',
      signal,
      now: () => new Date(0),
    });
    return { read, answer };
  }

  it('ends after 30 seconds, which the source is told', async () => {
    const limit = new AbortController();
    const timeout = jest
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(limit.signal);
    const { read, answer } = fetchFrom(() => limit.abort());

    await expect(answer).rejects.toMatchObject({
      code: 'timeout',
      message:
        'Source "registry" did not give record "a" within 30 s; see what is slow there',
    });
    expect(timeout).toHaveBeenCalledWith(30_000);
    expect(read).toHaveBeenCalledWith(
      expect.objectContaining({ timeLimitMs: 30_000 }),
    );
  });

  it('ends with the signal of its caller, and its reason', async () => {
    const caller = new AbortController();
    const reason = new Error('The backend shuts down');
    const { answer } = fetchFrom(() => caller.abort(reason), caller);

    await expect(answer).rejects.toBe(reason);
  });
});
