import fc from 'fast-check';
import crypto from 'node:crypto';
import { signBody, verifySignature } from './verifySignature';

const now = new Date('2026-11-22T12:00:00Z');
const hour = 3_600_000;
const body = Buffer.from('what do ya want for nothing?');
const mac = Buffer.from(
  '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  'hex',
);
const jefe = { id: 'rfc-4231', key: Buffer.from('Jefe') };
const other = { id: 'other', key: Buffer.from('another secret') };

const verify = (options: Partial<Parameters<typeof verifySignature>[0]>) =>
  verifySignature({
    body,
    prefix: '',
    macs: [mac],
    secrets: [jefe],
    rounds: 2,
    now,
    ...options,
  });

const wrong = { type: 'rejected', code: 'signature-wrong' };

describe('verifySignature', () => {
  it('verifies test case 2 of RFC 4231', () => {
    expect(verify({})).toEqual({ type: 'verified', secretId: 'rfc-4231' });
  });

  it('verifies what is signed before the body along with it', () => {
    const prefix = 'v1:1.a.';
    const macs = [signBody({ prefix, body, key: jefe.key })];
    expect(verify({ prefix, macs }).type).toBe('verified');
    expect(verify({ prefix: 'v1:1.b.', macs })).toEqual(wrong);
    expect(verify({ prefix, macs: [mac] })).toEqual(wrong);
  });

  it('tells which of several secrets matched', () => {
    expect(verify({ secrets: [other, jefe] })).toEqual({
      type: 'verified',
      secretId: 'rfc-4231',
    });
  });

  it('takes any of several signatures', () => {
    const strange = crypto.randomBytes(32);
    expect(verify({ macs: [strange, mac, strange] }).type).toBe('verified');
    expect(verify({ macs: [strange, strange] })).toEqual(wrong);
  });

  it('rejects what another secret signed', () => {
    expect(verify({ secrets: [other] })).toEqual(wrong);
  });

  it.each([[], [Buffer.alloc(0)], [mac.subarray(0, 31)]])(
    'rejects what is no MAC: %p',
    (...macs) => {
      expect(verify({ macs })).toEqual(wrong);
    },
  );

  it('does not take an empty secret for one', () => {
    const macs = [signBody({ body, key: Buffer.alloc(0) })];
    const secrets = [{ id: 'empty', key: Buffer.alloc(0) }];
    expect(verify({ macs, secrets })).toEqual(wrong);
  });

  it('rejects everything of a sender without secrets', () => {
    expect(verify({ secrets: [] })).toEqual(wrong);
  });

  it.each([
    [{ notBefore: new Date(+now + 1) }, 'secret-not-yet-valid'],
    [{ notAfter: now }, 'secret-expired'],
    [{ notAfter: new Date(+now - hour) }, 'secret-expired'],
  ])('does not verify with a secret out of its time: %j', (times, code) => {
    const secrets = [{ ...jefe, ...times }];
    expect(verify({ secrets })).toEqual({ type: 'rejected', code });
    expect(verify({ secrets, macs: [] })).toEqual(wrong);
  });

  it.each([
    { notBefore: now },
    { notAfter: new Date(+now + 1) },
    { rotateBy: new Date(+now - hour) },
  ])('verifies with a secret in its time: %j', times => {
    expect(verify({ secrets: [{ ...jefe, ...times }] }).type).toBe('verified');
  });

  it('verifies where the same signature also matches a secret out of its time', () => {
    const expired = { ...jefe, id: 'old', notAfter: now };
    for (const secrets of [
      [expired, jefe],
      [jefe, expired],
    ]) {
      expect(verify({ secrets })).toEqual({
        type: 'verified',
        secretId: 'rfc-4231',
      });
    }
  });

  it.each([
    { secrets: [jefe], macs: [mac] },
    { secrets: [jefe, other], macs: [mac] },
    { secrets: [other, jefe], macs: [] },
    { secrets: [{ ...jefe, notAfter: now }], macs: [mac] },
    { secrets: [], macs: [mac] },
    { secrets: [], macs: [] },
    { secrets: [jefe], macs: [mac, mac] },
  ])('computes the same number of HMACs: %#', options => {
    const hmac = jest.spyOn(crypto, 'createHmac');
    verify({ ...options, rounds: 3 });
    expect(hmac).toHaveBeenCalledTimes(3);
    hmac.mockRestore();
  });

  it('verifies with the bytes of the secret alone', () => {
    // Keys shorter than a block are padded with zeros (RFC 2104).
    const pad = (key: Uint8Array) =>
      Buffer.concat([key, Buffer.alloc(64)]).subarray(0, 64);
    const key = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(key, key, (secret, guess) => {
        const macs = [signBody({ body, key: secret })];
        const result = verify({ macs, secrets: [{ id: 'a', key: guess }] });
        expect(result.type === 'verified').toBe(pad(secret).equals(pad(guess)));
      }),
    );
  });
});

describe('signBody', () => {
  // RFC 4231, sections 4.2, 4.3 and 4.7.
  it.each([
    {
      key: Buffer.alloc(20, 0x0b),
      signed: 'Hi There',
      mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      key: Buffer.from('Jefe'),
      signed: 'what do ya want for nothing?',
      mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
    {
      key: Buffer.alloc(131, 0xaa),
      signed: 'Test Using Larger Than Block-Size Key - Hash Key First',
      mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    },
  ])('computes the known MAC of $signed', ({ key, signed, mac: known }) => {
    expect(signBody({ body: Buffer.from(signed), key }).toString('hex')).toBe(
      known,
    );
  });
});
