import { certificateFault } from './clientCertificate';

const BASE64 = `
MIIBwTCCAWegAwIBAgIUPBavOrGdIgUSyXglL83oo3tH8I0wCgYIKoZIzj0EAwIw
NTETMBEGA1UECgwKQWNtZSwgSW5jLjELMAkGA1UECwwCY2kxETAPBgNVBAMMCGRl
cGxveWVyMCAXDTI2MTEzMDIwMTUxNFoYDzIxMjYxMTA2MjAxNTE0WjA1MRMwEQYD
VQQKDApBY21lLCBJbmMuMQswCQYDVQQLDAJjaTERMA8GA1UEAwwIZGVwbG95ZXIw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASaKd+P+/K/WmCo35xb9L/lFByMn9ap
BQJLEwsnjkGuIJH203yfgkn8JlHR4+lCJvpM7awDk7lQySKYvgO4ZGr7o1MwUTAd
BgNVHQ4EFgQUVNUqur+QQCO68KFRfQoEJBuOMOEwHwYDVR0jBBgwFoAUVNUqur+Q
QCO68KFRfQoEJBuOMOEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF
AiEAra0KBrJAESYWxICqDM7q0mJMpEiYcKZyOvy514DEoNQCIAmAY9dR6zcwTRDG
W0FcsdesQ9Y48kZrsi0Us6GDRMDs
`;
const PEM = `-----BEGIN CERTIFICATE-----${BASE64}-----END CERTIFICATE-----\n`;
const DER = BASE64.replace(/\n/g, '');
/** As openssl prints it, and its subject with `-nameopt RFC2253`. */
const HEX =
  '88bb9ee18649b5fe0a08c5d0257315 25000b2c7f5c7b23f39a8fde38cd3cfbb0'.replace(
    ' ',
    '',
  );
const COLONS = HEX.toUpperCase().replace(/..(?!$)/g, '$&:');
const SUBJECT = 'CN=deployer,OU=ci,O=Acme\\, Inc.';
const QUOTED = SUBJECT.replace('\\', '\\\\');

const ours = { header: 'x-client-cert', fingerprints: [HEX] };
const ofSubject = { header: 'x-client-cert', subjects: [SUBJECT] };
const others = {
  header: 'x-client-cert',
  fingerprints: ['00'.repeat(32)],
  subjects: ['CN=deployer', 'CN=deployer,OU=ci'],
};

describe('certificateFault', () => {
  it.each([
    ['PEM, encoded for a URL (nginx)', encodeURIComponent(PEM)],
    [
      'PEM, with some characters as they are (AWS)',
      encodeURIComponent(PEM).replace(/%2B/g, '+').replace(/%2F/g, '/'),
    ],
    ['bytes in base64 (HAProxy, Traefik)', DER],
    ['bytes between colons (RFC 9440)', `:${DER}:`],
  ])('reads a certificate: %s', (_, value) => {
    expect(certificateFault([value], ours)).toBeUndefined();
    expect(certificateFault([value], ofSubject)).toBeUndefined();
    expect(certificateFault([value], others)).toBe('certificate-unknown');
  });

  it.each([HEX, COLONS, HEX.toUpperCase()])(
    'reads a fingerprint: %s',
    value => {
      expect(certificateFault([value], ours)).toBeUndefined();
      expect(certificateFault([value], ofSubject)).toBe('certificate-unknown');
      expect(certificateFault([value], others)).toBe('certificate-unknown');
    },
  );

  it('reads a subject', () => {
    expect(certificateFault([SUBJECT], ofSubject)).toBeUndefined();
    expect(certificateFault([SUBJECT], ours)).toBe('certificate-unknown');
    expect(certificateFault([SUBJECT], others)).toBe('certificate-unknown');
  });

  it.each([
    `By=spiffe://a;Hash=${HEX};Subject="${QUOTED}";URI=spiffe://b`,
    `Hash=${HEX};Cert="${encodeURIComponent(PEM)}";Subject="${QUOTED}"`,
  ])('reads what Envoy passes on: %#', value => {
    expect(certificateFault([value], ours)).toBeUndefined();
    expect(certificateFault([value], ofSubject)).toBeUndefined();
    expect(certificateFault([value], others)).toBe('certificate-unknown');
  });

  it.each([
    ['certificate-missing', []],
    ['certificate-missing', ['']],
    ['certificate-repeated', [HEX, HEX]],
    ['certificate-malformed', ['-']],
    ['certificate-malformed', ['%']],
    ['certificate-malformed', [`${HEX}, ${HEX}`]],
    ['certificate-malformed', [DER.slice(0, 80)]],
    // What a client sent, and what the proxy added to it.
    ['certificate-malformed', [`Hash=${HEX},Hash=${'0'.repeat(64)}`]],
    ['certificate-malformed', [`Hash=${'0'.repeat(64)},Hash=${HEX}`]],
    ['certificate-unknown', [`Subject="x;Hash=${HEX}"`]],
    ['certificate-unknown', [`URI=x`]],
    ['certificate-unknown', ['CN=x,CN=deployer']],
  ])('is %s: %#', (code, values) => {
    expect(certificateFault(values, ours)).toBe(code);
  });
});
