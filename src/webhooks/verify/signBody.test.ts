import { signBody } from './signBody';

describe('signBody', () => {
  // RFC 4231, sections 4.2, 4.3 and 4.7.
  it.each([
    {
      key: Buffer.alloc(20, 0x0b),
      body: 'Hi There',
      mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      key: Buffer.from('Jefe'),
      body: 'what do ya want for nothing?',
      mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
    {
      key: Buffer.alloc(131, 0xaa),
      body: 'Test Using Larger Than Block-Size Key - Hash Key First',
      mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    },
  ])('computes the known MAC of $body', ({ key, body, mac }) => {
    expect(signBody({ body: Buffer.from(body), key }).toString('hex')).toBe(
      mac,
    );
  });
});
