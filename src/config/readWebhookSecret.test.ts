import { randomBytes } from 'node:crypto';
import { readWebhookSecret } from './readWebhookSecret';

const base64 = (bytes: number) => Buffer.alloc(bytes, 0xfb).toString('base64');

describe('readWebhookSecret', () => {
  it.each(['', 'whsec_'])('reads base64 after "%s"', prefix => {
    const key = randomBytes(32);
    expect(readWebhookSecret(prefix + key.toString('base64'))).toEqual(key);
  });

  it.each([24, 25, 26, 64])('takes %d bytes', bytes => {
    expect(readWebhookSecret(base64(bytes))).toHaveLength(bytes);
  });

  it.each([0, 23, 65])('refuses %d bytes', bytes => {
    expect(readWebhookSecret(`whsec_${base64(bytes)}`)).toContain(
      `stands for ${bytes} bytes, not 24 to 64; echo "whsec_$(openssl`,
    );
  });

  it.each([
    ['without its padding', base64(32).replace('=', '')],
    ['with more padding', `${base64(32)}=`],
    ['in the alphabet of URLs', base64(33).replace(/\+/g, '-')],
    ['with bits behind its end', `${'A'.repeat(42)}B=`],
    ['with a line break', `${base64(32)}\n`],
    ['with a blank', ` ${base64(32)}`],
    ['with a character that base64 lacks', `*${base64(32)}`],
    ['with the prefix in upper case', `WHSEC_${base64(33)}`],
    ['with the prefix twice', `whsec_whsec_${base64(33)}`],
  ])('refuses base64 %s', (_, secret) => {
    expect(readWebhookSecret(secret)).toMatch(/^is not base64 \(RFC 4648/);
  });
});
