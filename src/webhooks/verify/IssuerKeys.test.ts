import { Issuer } from '../__testUtils__/Issuer';
import { IssuerAwayError, IssuerKeys } from './IssuerKeys';

const DISCOVERY = '/.well-known/openid-configuration';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('IssuerKeys', () => {
  let issuer: Issuer;
  let now: Date;
  let keys: IssuerKeys;
  const onFailed = jest.fn();
  const onRead = jest.fn();

  const create = (changes = {}) =>
    new IssuerKeys({
      issuer: issuer.url,
      now: () => now,
      onRead,
      onFailed,
      ...changes,
    });

  beforeEach(async () => {
    issuer = await Issuer.start();
    now = new Date('2026-11-22T12:00:00Z');
    jest.resetAllMocks();
    keys = create();
  });

  afterEach(async () => {
    await issuer.stop();
  });

  const pass = (ms: number) => {
    now = new Date(now.getTime() + ms);
  };

  const find = async (kid = issuer.kid) =>
    keys.find({ alg: 'RS256', kid }, undefined as never);

  const reads = () => issuer.asked.filter(path => path === '/jwks').length;

  it('asks nothing before there is a token, and then once', async () => {
    expect(issuer.asked).toEqual([]);
    await Promise.all([find(), find(), find()]);
    await find();
    expect(issuer.asked).toEqual([DISCOVERY, '/jwks']);
    expect(onRead.mock.calls).toEqual([[issuer.url]]);
  });

  it('finds a new key at once', async () => {
    await find();
    pass(11_000);
    await issuer.rotate();
    await find();
    expect(reads()).toBe(2);
  });

  it('asks at most every ten seconds, whatever keys are named', async () => {
    await find();
    for (let second = 0; second < 60; second++) {
      pass(1_000);
      await expect(find(`made-up-${second}`)).rejects.toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
    }
    expect(reads()).toBe(7);
  });

  it('asks no more often while the issuer is away', async () => {
    await issuer.stop();
    const failures = [];
    for (let second = 0; second < 30; second++) {
      failures.push(await find().catch(error => error));
      pass(1_000);
    }
    expect(failures.every(each => each instanceof IssuerAwayError)).toBe(true);
    expect(onFailed).toHaveBeenCalledTimes(3);
    await issuer.restart();
  });

  it('reads old keys again without having a token wait for it', async () => {
    const old = issuer.kid;
    await find();
    pass(11 * MINUTE);
    await issuer.rotate();
    await find(old);
    await new Promise<void>(resolve => onRead.mockImplementation(resolve));
    await expect(find(old)).rejects.toThrow();
    await find();
  });

  it('uses the keys for 24 hours while the issuer is away', async () => {
    await find();
    await issuer.stop();
    pass(23 * HOUR);
    await find();
    pass(HOUR);
    await expect(find()).rejects.toThrow(IssuerAwayError);
    await issuer.restart();
    pass(MINUTE);
    await find();
  });

  it('asks again when the clock stepped back', async () => {
    await issuer.stop();
    await expect(find()).rejects.toThrow(IssuerAwayError);
    await issuer.restart();
    pass(-HOUR);
    await find();
  });

  describe('lies:', () => {
    const lies: Array<[string, string, unknown]> = [
      ['is of another issuer', DISCOVERY, { issuer: 'https://evil.example' }],
      ['is not as it has to be', DISCOVERY, { jwks_uri: 'x' }],
      ['is not as it has to be', DISCOVERY, []],
      ['is not as it has to be: keys', '/jwks', {}],
      ['is not as it has to be: keys', '/jwks', { keys: [] }],
      ['is not as it has to be: keys', '/jwks', { keys: {} }],
      ['is not as it has to be: keys.0', '/jwks', { keys: ['a'] }],
      ['has more than 1000000 bytes', '/jwks', { more: 'x'.repeat(1_000_000) }],
    ];

    it.each(lies)(
      'keeps what it knows where it %s',
      async (reason, path, lie) => {
        await find();
        pass(11 * MINUTE);
        const said =
          path === DISCOVERY
            ? {
                issuer: issuer.url,
                jwks_uri: `${issuer.url}/jwks`,
                ...(lie as {}),
              }
            : lie;
        issuer.say(path, Array.isArray(lie) ? lie : said);
        const failed = new Promise<Error>(resolve =>
          onFailed.mockImplementation((_, error) => resolve(error)),
        );
        await find();
        expect(String(await failed)).toContain(reason);
        await find();
      },
    );

    it('is sent nowhere else', async () => {
      const other = await Issuer.start();
      issuer.answers.set('/jwks', res =>
        res.writeHead(302, { location: `${other.url}/jwks` }).end(),
      );
      await expect(find()).rejects.toThrow(IssuerAwayError);
      expect(other.asked).toEqual([]);
      await other.stop();
    });

    it('reads no keys over http from elsewhere', async () => {
      const other = await Issuer.start();
      issuer.say(DISCOVERY, {
        issuer: issuer.url,
        jwks_uri: `${other.url}/jwks`,
      });
      await expect(find()).rejects.toThrow(IssuerAwayError);
      expect(other.asked).toEqual([]);
      expect(String(onFailed.mock.calls[0][1])).toContain(
        'not at an https URL',
      );
      await other.stop();
    });

    it('takes no key that signs and verifies alike', async () => {
      const k = Buffer.from('a key that everybody knows').toString('base64url');
      issuer.say('/jwks', { keys: [{ kty: 'oct', k, kid: issuer.kid }] });
      await expect(find()).rejects.toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
    });

    it('does not wait for an issuer that does not answer', async () => {
      keys = create({ deadlineMs: 50 });
      issuer.answers.set('/jwks', () => {});
      await expect(find()).rejects.toThrow(IssuerAwayError);
    });
  });
});
