import { createHmac, hash } from 'node:crypto';
import { Issuer } from '../__testUtils__/Issuer';
import { IssuerKeys } from './IssuerKeys';
import { verifyToken } from './verifyToken';

const body = Buffer.from('{"event":"deployment.success"}');
const digest = hash('sha256', body);
const audience = 'https://backstage.example.com';

describe('verifyToken', () => {
  let issuer: Issuer;
  let keys: IssuerKeys;
  let now: Date;

  beforeAll(async () => {
    issuer = await Issuer.start();
  });

  afterAll(async () => {
    await issuer.stop();
  });

  beforeEach(() => {
    now = issuer.now;
    keys = new IssuerKeys({ issuer: issuer.url, now: () => now });
  });

  const settings = (changes = {}) => ({
    issuer: issuer.url,
    audience,
    algorithms: ['RS256'],
    claims: { repository: ['acme/{service}'] },
    header: 'authorization',
    ...changes,
  });

  const verify = (text: string, changes = {}) =>
    verifyToken({
      text,
      body,
      settings: settings(changes),
      findKey: keys.find,
      now,
    });

  const codeOf = async (text: string, changes = {}) => {
    const result = await verify(text, changes);
    return result.type === 'rejected' ? result.code : result.type;
  };

  it('takes a token that its issuer signed for this audience', async () => {
    const text = await issuer.token();
    expect(await verify(text)).toEqual({
      type: 'verified',
      token: {
        id: hash('sha256', text.slice(0, text.lastIndexOf('.'))),
        claims: expect.objectContaining({ repository: 'acme/payments' }),
        endsAt: new Date(now.getTime() + 330_000),
        hasDigest: false,
      },
    });
  });

  it('takes one that has several audiences, and one without an id', async () => {
    const several = { aud: ['https://other.example.com', audience] };
    expect(await codeOf(await issuer.token(several))).toBe('verified');
    const withoutId = await issuer.token({ jti: undefined });
    expect(await codeOf(withoutId)).toBe('verified');
  });

  describe('attacks:', () => {
    const encode = (value: object) =>
      Buffer.from(JSON.stringify(value)).toString('base64url');

    it('refuses a token that says it needs no signature', async () => {
      const payload = (await issuer.token()).split('.')[1];
      for (const alg of ['none', 'None', 'NONE', '']) {
        const header = encode({ alg, kid: issuer.kid });
        expect(await codeOf(`${header}.${payload}.`)).toBe('token-malformed');
        expect(await codeOf(`${header}.${payload}.AAAA`)).toMatch(
          /token-(algorithm-wrong|malformed)/,
        );
      }
    });

    it('refuses an HMAC that was made with the public key', async () => {
      const payload = (await issuer.token()).split('.')[1];
      const header = encode({ alg: 'HS256', kid: issuer.kid });
      const signed = `${header}.${payload}`;
      const key = await issuer.publicKeyText();
      const mac = createHmac('sha256', key).update(signed).digest('base64url');
      expect(await codeOf(`${signed}.${mac}`)).toBe('token-algorithm-wrong');
    });

    it('refuses a token that brings its own key', async () => {
      const stranger = await Issuer.start();
      const token = await stranger.token({ iss: issuer.url });
      await stranger.stop();
      expect(await codeOf(token)).toBe('token-key-unknown');
      const [, payload, signature] = token.split('.');
      for (const own of [
        { kid: issuer.kid },
        { kid: issuer.kid, jku: `${stranger.url}/jwks` },
        { kid: issuer.kid, jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } },
      ]) {
        const header = encode({ alg: 'RS256', ...own });
        expect(await codeOf(`${header}.${payload}.${signature}`)).toBe(
          'token-signature-wrong',
        );
      }
    });

    it.each([
      ['token-expired', { exp: -31 }],
      ['verified', { exp: -29 }],
      ['token-too-early', { nbf: 31 }],
      ['verified', { nbf: 29 }],
    ])('is %s with %j seconds from now', async (code, times) => {
      const seconds = now.getTime() / 1000;
      const claims = Object.entries(times).map(([claim, from]) => [
        claim,
        seconds + from,
      ]);
      const token = await issuer.token(Object.fromEntries(claims));
      expect(await codeOf(token)).toBe(code);
    });

    it.each([
      ['token-audience-wrong', { aud: 'https://other.example.com' }],
      ['token-audience-wrong', { aud: `${audience}/` }],
      ['token-audience-wrong', { aud: undefined }],
      ['token-audience-wrong', { aud: [] }],
      ['token-issuer-wrong', { iss: 'https://other.example.com' }],
      ['token-issuer-wrong', { iss: undefined }],
      ['token-malformed', { exp: undefined }],
      ['token-malformed', { exp: 'tomorrow' }],
      ['token-claim-wrong', { repository: 'evil/payments' }],
      ['token-claim-wrong', { repository: 'acme' }],
      ['token-claim-wrong', { repository: undefined }],
      ['token-claim-wrong', { repository: ['acme/payments'] }],
    ])('is %s with %j', async (code, claims) => {
      expect(await codeOf(await issuer.token(claims as {}))).toBe(code);
    });

    it('refuses every token of which a character was changed', async () => {
      const text = await issuer.token();
      for (let at = 0; at < text.length; at += 7) {
        const other = text[at] === 'A' ? 'g' : 'A';
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        expect(await codeOf(changed)).not.toBe('verified');
      }
    });

    it.each(['', 'x', 'a.b', 'a.b.c.d', 'a.b.c', `${'a.'.repeat(4000)}b`])(
      'refuses what is no token: %.20s',
      async text => {
        expect(await codeOf(text)).toMatch(/^token-/);
      },
    );

    it('takes other algorithms only where they are allowed', async () => {
      const token = await issuer.token();
      const algorithms = ['ES256', 'EdDSA'];
      expect(await codeOf(token, { algorithms })).toBe('token-algorithm-wrong');
    });
  });

  describe('with a digest of the body', () => {
    it.each([
      ['verified', { aud: `${audience}#sha256=${digest}` }],
      ['token-digest-wrong', { aud: `${audience}#sha256=${digest.slice(1)}` }],
      ['token-digest-wrong', { aud: `${audience}#sha256=` }],
      ['token-audience-wrong', { aud: audience }],
      ['token-audience-wrong', { aud: `x${audience}#sha256=${digest}` }],
    ])('is %s with %j in the audience', async (code, claims) => {
      const token = await issuer.token(claims);
      expect(await codeOf(token, { digestClaim: 'aud' })).toBe(code);
    });

    it.each([
      ['verified', { body_sha256: digest }],
      ['token-digest-wrong', { body_sha256: digest.toUpperCase() }],
      ['token-digest-wrong', {}],
      ['token-audience-wrong', { body_sha256: digest, aud: 'other' }],
    ])('is %s with %j in a claim of its own', async (code, claims) => {
      const token = await issuer.token(claims);
      expect(await codeOf(token, { digestClaim: 'body_sha256' })).toBe(code);
    });
  });
});
