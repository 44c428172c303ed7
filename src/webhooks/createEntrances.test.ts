import type { IncomingMessage } from 'node:http';
import { aSender } from '../config/__testUtils__/aSender';
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

/** An unknown name that shares nothing with this one. */
const otherThan = (name: string) => {
  const entranceOf = (unknown: string) =>
    from(unknown, '198.51.100.7').entrance;
  const guesses = Array.from({ length: 1_000 }, (_, i) => `guess-${i}`);
  return guesses.find(guess => entranceOf(guess) !== entranceOf(name))!;
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

  it('treats unknown names and wrong networks alike, each name as a sender with defaults', async () => {
    const names = ['fenced', 'made-up', '__proto__', 'another'];
    const arrivals = names.map(name => from(name, '198.51.100.7'));
    expect(arrivals.map(({ stranger }) => stranger)).toEqual([
      { code: 'network-not-allowed', sender: 'fenced' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
      { code: 'sender-unknown' },
    ]);
    arrivals.forEach(({ entrance }) =>
      expect(entrance).toMatchObject({
        sender: undefined,
        maxBodyBytes: 1_000_000,
      }),
    );

    for (const name of ['fenced', otherThan('fenced')]) {
      for (let i = 0; i < 1200; i++) {
        expect(await count(name, '198.51.100.7')).toBe(true);
      }
      expect(await count(name, '198.51.100.7')).toBe(false);
      expect(await count(name, '198.51.100.8')).toBe(true);
    }
    expect(await count('ci', '198.51.100.7')).toBe(true);
  });

  it('lets nobody tell a name by what other names have used up', async () => {
    const address = '198.51.100.9';
    for (let i = 0; i < 1201; i++) {
      await count('made-up', address);
    }
    expect(await count('made-up', address)).toBe(false);
    expect(await count(otherThan('made-up'), address)).toBe(true);
  });

  it('lets nobody tell a name by which places are taken away', () => {
    const lost: string[] = [];
    const take = (name: string) => {
      const { entrance, addressKey } = from(name, '198.51.100.7');
      const onLost = () => lost.push(name);
      return entrance.places.take({ addressKey, onLost });
    };
    const other = otherThan('made-up');
    take(other);
    for (let i = 0; i < 55; i++) {
      take('made-up');
    }
    expect(lost).toEqual(Array.from({ length: 5 }, () => 'made-up'));
  });

  it('has as many bodies on their way as all senders may have, and strangers as one', () => {
    let lost = 0;
    const take = () => {
      const { entrance, addressKey } = from('made-up', '198.51.100.7');
      entrance.bodies.take({ addressKey, onLost: () => lost++ });
    };
    for (let i = 0; i < 150; i++) {
      take();
    }
    expect(lost).toBe(0);
    take();
    expect(lost).toBe(1);
    expect(from('ci', '198.51.100.7').entrance.bodies).toBe(
      from('made-up', '198.51.100.7').entrance.bodies,
    );
  });

  it('remembers a bounded number of names', () => {
    const entrances = Array.from(
      { length: 5_000 },
      (_, i) => from(`made-up-${i}`, '198.51.100.7').entrance,
    );
    expect(new Set(entrances).size).toBeLessThanOrEqual(256);
  });
});
