import { readSender } from './sender';

const secrets = [{ id: 'one', secret: 'a-secret-of-length' }];
const publicKey = `whpk_${Buffer.alloc(32, 1).toString('base64')}`;
const ed25519 = { keys: [{ id: 'a', publicKey }] };
const jwt = {
  issuer: 'https://gitlab.example.com',
  audience: 'https://backstage.example.com',
  claims: { project_path: 'acme/{service}' },
};
const clientCertificate = {
  header: 'X-Client-Cert',
  fingerprints: ['AA:'.repeat(31).concat('BB')],
};
const github = 'https://token.actions.githubusercontent.com';

const read = (value: object) =>
  readSender({ name: 'ci', value, path: ['ci'] }, { sources: [] });

function settingsOf(value: object) {
  const parsed = read(value);
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

function faultsOf(value: object): string[] {
  const parsed = read(value);
  return parsed.type === 'ok'
    ? []
    : parsed.faults.map(
        ({ path, reason }) => `${path.slice(1).join('.')}: ${reason}`,
      );
}

describe('verify', () => {
  it('needs no secrets with tokens alone', () => {
    expect(settingsOf({ verify: { all: ['jwt'], jwt } })).toMatchObject({
      secrets: [],
      verify: {
        all: ['jwt'],
        jwt: {
          ...jwt,
          algorithms: ['RS256'],
          claims: { project_path: ['acme/{service}'] },
          header: 'authorization',
        },
      },
    });
  });

  it('takes any combination', () => {
    const { verify } = settingsOf({
      secrets,
      trustProxy: ['10.0.0.0/8'],
      verify: {
        all: ['token', 'jwt', 'clientCertificate'],
        jwt,
        clientCertificate,
        token: { header: 'X-Token' },
      },
    });
    expect(verify).toMatchObject({
      all: ['token', 'jwt', 'clientCertificate'],
      clientCertificate: {
        header: 'x-client-cert',
        fingerprints: [`${'aa'.repeat(31)}bb`],
      },
      tokenHeader: 'x-token',
    });
  });

  it('has public keys sign as Standard Webhooks does, whatever the dialect', () => {
    const { signature, verify } = settingsOf({
      verify: { all: ['ed25519'], ed25519 },
    });
    expect(signature).toBe('standard-webhooks');
    expect(verify.ed25519!.keys[0].publicKey.asymmetricKeyType).toBe('ed25519');
  });

  it('takes a password of any form where nothing is signed with it', () => {
    const verify = { all: ['basic'] };
    const allowed = { allowFrom: ['10.0.0.1'], trustProxy: false };
    const dialect = 'standard-webhooks';
    expect(faultsOf({ dialect, secrets, verify, ...allowed })).toEqual([]);
    expect(faultsOf({ dialect, secrets })[0]).toContain('is not base64');
  });

  it.each<[string, object]>([
    ['verify.all: is present and empty', { all: [] }],
    ['verify.all.0: must be "clientCertificate", ', { all: ['hmca'] }],
    ['verify.jwt: is missing, and verify.all names it', { all: ['jwt'] }],
    ['verify.ed25519: is missing', { all: ['ed25519'] }],
    ['verify.jwt: does nothing', { all: ['hmac'], jwt }],
    ['verify.jwt: does nothing', { jwt }],
    ['verify.all: has "basic", which sends', { all: ['basic'] }],
    ['verify.all: has "token", which sends', { all: ['token', 'jwt'], jwt }],
    ['verify.all: has hmac and token', { all: ['hmac', 'token'] }],
    [
      'trustProxy: must be a list of the networks',
      { all: ['clientCertificate'], clientCertificate },
    ],
    ['secrets: is used by none of', { all: ['jwt'], jwt }],
    ['verify.jwt.header: is "authorization"', { all: ['basic', 'jwt'], jwt }],
  ])('finds the fault %s', (fault, verify) => {
    expect(faultsOf({ secrets, verify }).join('\n')).toContain(fault);
  });

  it('wants secrets where something uses them', () => {
    for (const way of ['hmac', 'basic', 'token']) {
      expect(faultsOf({ verify: { all: [way] } }).join()).toContain(
        'secrets: is missing',
      );
    }
  });

  it.each<[string, object]>([
    [
      'issuer: "http://gitlab.example.com" is not an https URL',
      { issuer: 'http://gitlab.example.com' },
    ],
    ['issuer: "gitlab" is not an https URL', { issuer: 'gitlab' }],
    ['issuer: "https://a.b?c=d" has more', { issuer: 'https://a.b?c=d' }],
    ['audience: is missing', { audience: undefined }],
    ['algorithms.0: "HS256" is not one of', { algorithms: ['HS256'] }],
    ['algorithms.0: "none" is not one of', { algorithms: ['none'] }],
    ['claims: is missing', { claims: undefined }],
    ['claims: is present and empty', { claims: {} }],
    ['claims.a: "{owner}" has other braces', { claims: { a: '{owner}' } }],
    ['claims.a.0: "{" has other braces', { claims: { a: ['{'] } }],
    ['claims: must say whose tokens', { issuer: github }],
    [
      'claims: must say whose tokens',
      { issuer: github, claims: { repository: '*/{service}' } },
    ],
    [
      'claims: must say whose tokens',
      { issuer: github, claims: { repository_owner: 'acme*' } },
    ],
    [
      'claims: must say whose tokens',
      { issuer: github, claims: { repository: ['acme/a', '{service}'] } },
    ],
    [
      'claims: must say whose tokens',
      { issuer: github, claims: { sub: 'repo:*' } },
    ],
    [
      'claims: must say whose tokens',
      { issuer: 'https://gitlab.com', claims: { ref: 'main' } },
    ],
  ])('finds the fault of tokens: %s', (fault, changes) => {
    const verify = { all: ['jwt'], jwt: { ...jwt, ...changes } };
    expect(faultsOf({ verify }).join()).toContain(`verify.jwt.${fault}`);
  });

  it.each([
    { repository: 'acme/{service}' },
    { repository_owner: ['acme', 'acme-labs'] },
    { sub: 'repo:acme/*', ref: '*' },
  ])('takes claims that name the owner: %j', claims => {
    const own = { ...jwt, issuer: github, claims };
    expect(faultsOf({ verify: { all: ['jwt'], jwt: own } })).toEqual([]);
  });

  it.each<[string, object]>([
    ['clientCertificate: has neither', { header: 'a' }],
    ['clientCertificate.header: is missing', { subjects: ['CN=a'] }],
    [
      'clientCertificate.fingerprints.0: is not the SHA-256',
      { header: 'a', fingerprints: ['aa'.repeat(20)] },
    ],
    [
      'clientCertificate.header: "a b" is not the name of a header',
      { header: 'a b', subjects: ['CN=a'] },
    ],
  ])('finds the fault of certificates: %s', (fault, own) => {
    const verify = { all: ['clientCertificate'], clientCertificate: own };
    expect(faultsOf({ verify, trustProxy: ['10.0.0.1'] })).toEqual([
      expect.stringContaining(`verify.${fault}`),
    ]);
  });

  it.each([
    `whsk_${Buffer.alloc(32, 1).toString('base64')}`,
    `whpk_${Buffer.alloc(31, 1).toString('base64')}`,
    'whpk_',
  ])('takes no other key: %s', other => {
    const verify = {
      all: ['ed25519'],
      ed25519: { keys: [{ id: 'a', publicKey: other }] },
    };
    expect(faultsOf({ verify })).toEqual([
      expect.stringContaining('is not a public key'),
    ]);
    expect(faultsOf({ verify }).join()).not.toContain(other.slice(5) || '!');
  });

  it('takes no other signature beside public keys', () => {
    const verify = { all: ['ed25519'], ed25519 };
    expect(faultsOf({ verify, signature: 'github' })).toEqual([
      expect.stringContaining('signature: must be "standard-webhooks"'),
    ]);
  });
});
