import { createNetworkMatcher } from './networks';

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
    [['203.0.113.7'], '203.0.113.7', true],
    [['2001:db8::/32'], '2001:db8:1::7', true],
    [['2001:db8::/32'], '2001:db9::', false],
    [['2001:db8::1'], '2001:0db8:0:0::1', true],
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
