import type { IncomingMessage } from 'node:http';
import { aSender } from '../model/__testUtils__/aSender';
import { createEntrances } from './createEntrances';

const arrivalOf = createEntrances({
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

const from = (sender: string, address: string) =>
  arrivalOf(
    {
      socket: { remoteAddress: '10.0.0.1' },
      headers: { 'x-forwarded-for': address },
    } as unknown as IncomingMessage,
    sender,
  );

const count = async (sender: string, address: string) => {
  const { entrance, addressKey } = from(sender, address);
  return (await entrance.rate.count(addressKey)) === undefined;
};

describe('createEntrances', () => {
  it('gives each sender its own', () => {
    expect(from('ci', '198.51.100.1')).toMatchObject({
      entrance: { sender: { name: 'ci' }, maxBodyBytes: 5_000 },
      addressKey: '198.51.100.1',
    });
    for (const [sender, address] of [
      ['ci', '198.51.100.1'],
      ['fenced', '192.0.2.1'],
    ]) {
      expect(from(sender, address).stranger).toBeUndefined();
    }
  });

  it('counts by sender and address', async () => {
    for (const sender of ['ci', 'fenced']) {
      expect(await count(sender, '192.0.2.1')).toBe(true);
      expect(await count(sender, '192.0.2.1')).toBe(true);
    }
    expect(await count('ci', '192.0.2.1')).toBe(false);
    expect(await count('fenced', '192.0.2.1')).toBe(true);
    expect(await count('ci', '192.0.2.2')).toBe(true);
  });

  it('has unknown names and wrong networks share one, which says nothing of a sender', async () => {
    const names = ['fenced', 'made-up', '__proto__', 'another'];
    const arrivals = names.map(name => from(name, '198.51.100.7'));
    expect(arrivals.map(({ stranger }) => stranger)).toEqual([
      { code: 'network-not-allowed', sender: 'fenced' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
    ]);
    expect(new Set(arrivals.map(({ entrance }) => entrance)).size).toBe(1);
    expect(arrivals[0].entrance).toMatchObject({
      sender: undefined,
      maxBodyBytes: 1_000_000,
    });

    for (let i = 0; i < 1200; i++) {
      expect(await count(names[i % 4], '198.51.100.7')).toBe(true);
    }
    for (const name of [...names, 'fresh']) {
      expect(await count(name, '198.51.100.7')).toBe(false);
    }
    expect(await count('ci', '198.51.100.7')).toBe(true);
    expect(await count('fresh', '198.51.100.8')).toBe(true);
  });
});
