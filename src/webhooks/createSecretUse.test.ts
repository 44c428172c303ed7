import { createSecretUse } from './createSecretUse';

describe('createSecretUse', () => {
  let time = new Date('2026-11-22T12:00:00Z');
  const markUsed = jest.fn();
  const at = (second: number) =>
    new Date(Date.UTC(2026, 10, 22, 12, 0, second));
  const setUp = () => {
    const use = createSecretUse({ store: { markUsed }, now: () => time });
    return {
      ...use,
      used: (second: number, sender: string, secretId: string) => {
        time = at(second);
        use.used(sender, secretId);
      },
    };
  };

  beforeEach(() => {
    jest.resetAllMocks();
  });

  it('writes the last use of each secret, once', async () => {
    const { used, flush } = setUp();
    used(1, 'ci', 'old');
    used(2, 'ci', 'new');
    used(3, 'ci', 'new');
    used(4, 'argo', 'new');

    await flush();
    await flush();

    expect(markUsed.mock.calls).toEqual([
      [
        [
          { sender: 'ci', secretId: 'old', at: at(1) },
          { sender: 'ci', secretId: 'new', at: at(3) },
          { sender: 'argo', secretId: 'new', at: at(4) },
        ],
      ],
    ]);
  });

  it('writes nothing while nothing was used', async () => {
    await setUp().flush();

    expect(markUsed).not.toHaveBeenCalled();
  });

  it('keeps what could not be written, and what was used meanwhile', async () => {
    const { used, flush } = setUp();
    used(1, 'ci', 'old');
    used(1, 'ci', 'new');
    markUsed.mockImplementationOnce(async () => {
      used(9, 'ci', 'new');
      throw new Error('the database is gone');
    });
    await expect(flush()).rejects.toThrow('the database is gone');

    await flush();

    expect(markUsed).toHaveBeenCalledTimes(2);
    expect(markUsed).toHaveBeenLastCalledWith(
      expect.arrayContaining([
        { sender: 'ci', secretId: 'old', at: at(1) },
        { sender: 'ci', secretId: 'new', at: at(9) },
      ]),
    );
  });
});
