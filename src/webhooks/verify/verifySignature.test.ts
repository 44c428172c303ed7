import fc from 'fast-check';
import crypto from 'node:crypto';
import { signBody } from './signBody';
import { verifySignature } from './verifySignature';

const body = Buffer.from('what do ya want for nothing?');
const signature =
  '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
const jefe = { id: 'rfc-4231', secret: 'Jefe' };
const other = { id: 'other', secret: 'another secret' };

const verify = (options: Partial<Parameters<typeof verifySignature>[0]>) =>
  verifySignature({
    body,
    signatures: [signature],
    secrets: [jefe],
    rounds: 2,
    ...options,
  });

const flipBit = (bytes: Uint8Array, bit: number) => {
  const flipped = Buffer.from(bytes);
  flipped[Math.floor(bit / 8)] ^= 1 << bit % 8;
  return flipped;
};

describe('verifySignature', () => {
  it('verifies test case 2 of RFC 4231', () => {
    expect(verify({})).toEqual({ type: 'verified', secretId: 'rfc-4231' });
    expect(verify({ signatures: [`sha256=${signature}`] })).toEqual({
      type: 'verified',
      secretId: 'rfc-4231',
    });
  });

  it('tells which of several secrets matched', () => {
    expect(verify({ secrets: [other, jefe] })).toEqual({
      type: 'verified',
      secretId: 'rfc-4231',
    });
  });

  it('rejects what another secret signed', () => {
    expect(verify({ secrets: [other] })).toEqual({
      type: 'rejected',
      code: 'signature-wrong',
    });
  });

  it.each([
    { signatures: [], code: 'signature-missing' },
    { signatures: [signature, signature], code: 'signature-repeated' },
    { signatures: ['nonsense'], code: 'signature-malformed' },
  ])('tells why: $code', ({ signatures, code }) => {
    expect(verify({ signatures })).toEqual({ type: 'rejected', code });
  });

  it('does not take an empty secret for one', () => {
    const signedWithNothing = signBody({ body, secret: '' }).toString('hex');
    expect(
      verify({
        signatures: [signedWithNothing],
        secrets: [{ id: 'empty', secret: '' }],
      }),
    ).toEqual({ type: 'rejected', code: 'signature-wrong' });
  });

  it('rejects everything of a sender without secrets', () => {
    expect(verify({ secrets: [] }).type).toBe('rejected');
  });

  it.each([
    { secrets: [jefe], signatures: [signature] },
    { secrets: [jefe, other], signatures: [signature] },
    { secrets: [other, jefe], signatures: ['nonsense'] },
    { secrets: [], signatures: [signature] },
    { secrets: [], signatures: [] },
    { secrets: [jefe], signatures: [signature, signature] },
  ])('computes the same number of HMACs: $secrets, $signatures', options => {
    const hmac = jest.spyOn(crypto, 'createHmac');
    verify({ ...options, rounds: 3 });
    expect(hmac).toHaveBeenCalledTimes(3);
    hmac.mockRestore();
  });

  it('fails when any bit of the body is changed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.string({ minLength: 1 }),
        fc.nat(),
        (bytes, secret, n) => {
          const signatures = [
            signBody({ body: bytes, secret }).toString('hex'),
          ];
          const secrets = [{ id: 'a', secret }];
          const changed = flipBit(bytes, n % (bytes.length * 8));
          const at = { signatures, secrets, rounds: 1 };
          expect(verifySignature({ body: bytes, ...at }).type).toBe('verified');
          expect(verifySignature({ body: changed, ...at }).type).toBe(
            'rejected',
          );
        },
      ),
    );
  });

  it('fails when any bit of the signature is changed', () => {
    for (let bit = 0; bit < 256; bit++) {
      const changed = flipBit(Buffer.from(signature, 'hex'), bit);
      expect(verify({ signatures: [changed.toString('hex')] })).toEqual({
        type: 'rejected',
        code: 'signature-wrong',
      });
    }
  });

  it('verifies with the bytes of the secret alone', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (secret, guess) => {
          const bytes = Buffer.from(secret);
          const signatures = [
            signBody({ body, secret: bytes }).toString('hex'),
          ];
          const result = verify({
            signatures,
            secrets: [{ id: 'a', secret: guess }],
          });
          // Keys shorter than a block are padded with zeros (RFC 2104).
          const pad = (key: string) =>
            Buffer.concat([Buffer.from(key), Buffer.alloc(64)]).subarray(0, 64);
          fc.pre(bytes.length <= 64 && Buffer.byteLength(guess) <= 64);
          expect(result.type === 'verified').toBe(
            pad(secret).equals(pad(guess)),
          );
        },
      ),
    );
  });
});
