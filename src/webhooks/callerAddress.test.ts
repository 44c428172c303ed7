import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../config/settings';
import {
  commonTrust,
  createAddressKeys,
  createAddressReader,
} from './callerAddress';

function addressOf(options: {
  trustProxy: SenderSettings['trustProxy'];
  socket?: string;
  forwarded?: string;
}) {
  const { trustProxy, socket, forwarded } = options;
  return createAddressReader(trustProxy)({
    socket: { remoteAddress: socket },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage);
}

describe('createAddressReader', () => {
  const forwarded = '198.51.100.1, 203.0.113.7, 10.0.0.2';
  const socket = '10.0.0.1';

  it.each<[SenderSettings['trustProxy'], string]>([
    [false, '10.0.0.1'],
    [1, '10.0.0.2'],
    [2, '203.0.113.7'],
    [10, '198.51.100.1'],
    [['10.0.0.0/8'], '203.0.113.7'],
    [['10.0.0.1'], '10.0.0.2'],
    [['192.0.2.0/24'], '10.0.0.1'],
  ])('believes those who are trusted: %j', (trustProxy, address) => {
    expect(addressOf({ trustProxy, socket, forwarded })).toBe(address);
    const mapped = `::ffff:${socket}`;
    const found = addressOf({ trustProxy, socket: mapped, forwarded });
    expect(found).toBe(address === socket ? mapped : address);
  });

  it('is the socket where nobody says otherwise', () => {
    expect(addressOf({ trustProxy: 1, socket })).toBe(socket);
    expect(addressOf({ trustProxy: 1, forwarded })).toBeUndefined();
  });
});

describe('commonTrust', () => {
  it('is what all senders agree on', () => {
    expect(commonTrust([])).toBe(false);
    expect(commonTrust([{ trustProxy: 1 }, { trustProxy: 1 }])).toBe(1);
    expect(
      commonTrust([{ trustProxy: ['::1'] }, { trustProxy: ['::1'] }]),
    ).toEqual(['::1']);
    expect(commonTrust([{ trustProxy: 1 }, { trustProxy: false }])).toBe(false);
    expect(commonTrust([{ trustProxy: 1 }, { trustProxy: 2 }])).toBe(false);
  });
});

describe('createAddressKeys', () => {
  it('counts a network of IPv6 as one caller', () => {
    const keyOf = createAddressKeys();
    expect(keyOf('2001:db8::1')).toBe(keyOf('2001:db8:0:ff::2'));
    expect(keyOf('2001:db8::1')).not.toBe(keyOf('2001:db8:0:100::2'));
    expect(keyOf('10.0.0.1')).toBe('10.0.0.1');
    expect(keyOf('::ffff:10.0.0.1')).toBe('10.0.0.1');
  });

  it('counts what is no address as one', () => {
    const keyOf = createAddressKeys();
    for (const address of [
      undefined,
      '',
      'unknown',
      '10.0.0.1:80',
      'x'.repeat(9999),
    ]) {
      expect(keyOf(address)).toBe('');
    }
  });

  it('goes on after many', () => {
    const keyOf = createAddressKeys();
    for (let i = 0; i < 3_000; i++) {
      const address = `10.0.${i >> 8}.${i % 256}`;
      expect(keyOf(address)).toBe(address);
      expect(keyOf(address)).toBe(address);
    }
  });
});
