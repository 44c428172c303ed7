import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../config/sender';
import {
  createAddressReader,
  createNetworkMatcher,
  limitKeyOf,
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
    [['10.0.0.1/32'], '10.0.0.2'],
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

describe('createNetworkMatcher', () => {
  it.each([
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['10.0.0.0/8'], '::FFFF:a00:1', true],
    [['0.0.0.0/0'], '203.0.113.7', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::/0'], '203.0.113.7', false],
    [['203.0.113.7/32'], '203.0.113.8', false],
    [['203.0.113.7/32'], '203.0.113.7', true],
    [['2001:db8::/32'], '2001:db8:1::7', true],
    [['2001:db8::/32'], '2001:db9::', false],
    [['2001:db8::1/128'], '2001:0db8:0:0::1', true],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['192.0.2.0/24', '10.0.0.0/8'], '10.0.0.1', true],
    [['10.0.0.0/8'], '10.1', false],
    [['10.0.0.0/8'], '010.0.0.1', false],
    [['10.0.0.0/8'], '10.0.0.1:443', false],
    [['10.0.0.0/8'], 'unknown', false],
    [['0.0.0.0/0', '::/0'], '', false],
    [['0.0.0.0/0', '::/0'], undefined, false],
  ])('%j of %p: %p', (networks, address, isIn) => {
    expect(createNetworkMatcher(networks)(address)).toBe(isIn);
  });
});

describe('limitKeyOf', () => {
  it('counts a network of IPv6 as one caller', () => {
    expect(limitKeyOf('2001:db8::1')).toBe(limitKeyOf('2001:db8:0:ff::2'));
    expect(limitKeyOf('2001:db8::1')).not.toBe(limitKeyOf('2001:db8:0:100::2'));
  });

  it('counts each address of IPv4, however it is written', () => {
    expect(limitKeyOf('10.0.0.1')).toBe(limitKeyOf('::ffff:10.0.0.1'));
    expect(limitKeyOf('10.0.0.1')).toBe(limitKeyOf('::ffff:a00:1'));
    expect(limitKeyOf('10.0.0.1')).not.toBe(limitKeyOf('10.0.0.2'));
    expect(limitKeyOf('0.0.0.0')).not.toBe(limitKeyOf('::'));
  });

  it('counts what is no address as one', () => {
    for (const address of [
      undefined,
      '',
      'unknown',
      '10.0.0.1:80',
      'x'.repeat(9999),
    ]) {
      expect(limitKeyOf(address)).toBe('');
    }
  });
});
