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
    (await caller.rate.count(caller.limitKey)) === undefined;

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

  it('treats unknown names and wrong networks alike, with no secret', () => {
    const from = setUp();
    const names = ['fenced', 'made-up', '__proto__', ''];
    const callers = names.map(name => from(name, '198.51.100.7'));
    expect(callers.map(({ fault }) => fault)).toEqual([
      { code: 'network-not-allowed', sender: 'fenced' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
    ]);
    callers.forEach(({ sender, dialect }) => {
      expect(sender.secrets).toEqual([]);
      expect(dialect).toBe(callers[0].dialect);
    });
  });

  it('reads the address under an unknown name as under that of a sender', () => {
    const from = setUp();
    for (const name of ['ci', 'made-up']) {
      expect(from(name, '::FFFF:198.51.100.7')).toMatchObject({
        address: '198.51.100.7',
        limitKey: '198.51.100.7',
      });
    }
  });

  it('names no address that is none', () => {
    const from = setUp();
    expect(from('ci', 'x\u001b[31m').address).toBeUndefined();
    expect(from('ci', 'fe80::1%x').address).toBe('fe80::1');
  });
});
