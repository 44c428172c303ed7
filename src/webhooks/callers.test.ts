import type { IncomingMessage } from 'node:http';
import { aSender } from '../config/__testUtils__/aSender';
import { createCallerFinder } from './callers';

describe('createCallerFinder', () => {
  const setUp = () => {
    const find = createCallerFinder({
      senders: [
        aSender({
          trustProxy: 1,
          rateLimit: { requests: 2, windowMs: 60_000 },
          maxBodyBytes: 5_000,
        }),
        aSender({
          name: 'fenced',
          trustProxy: 1,
          allowFrom: ['192.0.2.0/24'],
          maxBodyBytes: 5_000,
        }),
      ],
      now: () => new Date(),
    });
    return (sender: string, address: string, socket = '10.0.0.1') =>
      find(
        {
          socket: { remoteAddress: socket },
          headers: { 'x-forwarded-for': address },
        } as unknown as IncomingMessage,
        sender,
      );
  };
  const count = async (caller: ReturnType<ReturnType<typeof setUp>>) =>
    (await caller.limits.countRequest(caller.address)) === undefined;

  it('finds a sender, by its name and where it may send from', () => {
    const from = setUp();
    const ci = from('ci', '198.51.100.1');
    expect(ci).toMatchObject({
      sender: { name: 'ci', maxBodyBytes: 5_000 },
      address: '198.51.100.1',
    });
    expect(ci.fault).toBeUndefined();
    const fenced = from('fenced', '192.0.2.1');
    expect(fenced.sender.name).toBe('fenced');
    expect(fenced.fault).toBeUndefined();
  });

  it('counts by sender and address', async () => {
    const from = setUp();
    expect(await count(from('ci', '192.0.2.1'))).toBe(true);
    expect(await count(from('ci', '192.0.2.1'))).toBe(true);
    expect(await count(from('ci', '192.0.2.1'))).toBe(false);
    expect(await count(from('ci', '192.0.2.2'))).toBe(true);
    expect(await count(from('fenced', '192.0.2.1'))).toBe(true);
  });

  it('treats unknown names and wrong networks alike: with default limits and no secret', () => {
    const from = setUp();
    const names = ['fenced', 'made-up', '__proto__', ''];
    const callers = names.map(name => from(name, '198.51.100.7'));
    expect(callers.map(({ fault }) => fault)).toEqual([
      { code: 'network-not-allowed', sender: 'fenced' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
    ]);
    callers.forEach(({ sender, dialect, limits }) => {
      expect(sender).toMatchObject({ secrets: [], maxBodyBytes: 1_000_000 });
      expect(dialect).toBe(callers[0].dialect);
      expect(limits).toBe(callers[0].limits);
    });
  });

  it('uses up nothing of a sender for a request that can never be verified', async () => {
    const from = setUp();
    for (let i = 0; i < 3; i++) {
      await count(from('fenced', '198.51.100.7'));
    }
    expect(from('fenced', '198.51.100.7').limits).not.toBe(
      from('fenced', '192.0.2.1').limits,
    );
    expect(await count(from('fenced', '192.0.2.1'))).toBe(true);
  });

  it('counts unknown names by the connection, since nobody says which proxy to trust', () => {
    expect(setUp()('made-up', '198.51.100.7', '10.0.0.9').address).toBe(
      '10.0.0.9',
    );
  });
});
