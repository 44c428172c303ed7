import type { Random } from './Random';

type Headers = Array<[string, string]>;

const isSigning = ([name]: [string, string]) =>
  name.startsWith('X-Catalog') || name.startsWith('webhook-');

const isSignature = ([name]: [string, string]) => /signature$/i.test(name);

/** Headers with which a request verifies no more. */
export function spoilSignature(random: Random, headers: Headers): Headers {
  const at = headers.findIndex(isSignature);
  const [name, value] = headers[at];
  const others = headers.filter((_, index) => index !== at);
  switch (random.below(7)) {
    case 0:
      return others;
    case 1:
      return [...headers, [name, random.chance(0.5) ? value : 'x']];
    case 2:
      return [...others, [name, oddValue(random)]];
    case 3:
      return [...others, [name, otherBits(random, value)]];
    case 4:
      return [...others, [name, value.toUpperCase().replace(/^V1,/, 'v2,')]];
    case 5:
      return [...others, [name, value.slice(0, -1 - random.below(10))]];
    default:
      return headers.filter(header => !isSigning(header));
  }
}

/** Signatures of the right form that nobody has made; nothing that is changed about them later makes them right. */
export function forgeSignature(random: Random, headers: Headers): Headers {
  const mac = random.bytes(32);
  return headers.map(([name, value]): [string, string] => {
    if (!isSignature([name, value])) {
      return [name, value];
    }
    return [
      name,
      value.startsWith('v1,')
        ? `v1,${mac.toString('base64')}`
        : mac.toString('hex'),
    ];
  });
}

/** Another signature of the same form: 4 bits of one of its first digits are others. */
function otherBits(random: Random, value: string): string {
  const start = value.startsWith('v1,') ? 3 : 0;
  const at = start + random.below(40);
  const digit = value[at] === '0' ? '1' : '0';
  return value.slice(0, at) + digit + value.slice(at + 1);
}

function oddValue(random: Random): string {
  return random.pick([
    '',
    'sha256=',
    'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709',
    '0'.repeat(64),
    'g'.repeat(64),
    'a'.repeat(5_000),
    'v1,',
    'v1,AAAA',
    'v1,'.repeat(100),
    `v1a,${'A'.repeat(86)}==`,
    `${'v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= '.repeat(20)}`,
    random.text(64),
    random
      .bytes(64)
      .toString('latin1')
      .replaceAll(/[\r\n\0]/g, ''),
  ]);
}

const NAMES = [
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'Forwarded',
  'Authorization',
  'Cookie',
  'Content-Type',
  'Accept-Encoding',
  'If-None-Match',
  'User-Agent',
  'X-Request-Id',
  'X-HTTP-Method-Override',
  'Range',
  'traceparent',
];

const VALUES = [
  '',
  'Bearer x',
  '127.0.0.1, 10.0.0.1, ::1',
  ', , ,',
  'for="[::1]:1";proto=https',
  'text/plain; charset=utf-16',
  '*/*',
  'gzip;q=nonsense',
  'bytes=0-0,1-',
  '-1',
  '1e999',
  '%00%ff',
  '${jndi:ldap://x}',
];

/** A header that the receiver did not ask for. */
export function junkHeader(random: Random): [string, string] {
  const name = random.chance(0.7)
    ? random.pick(NAMES)
    : `X-${random.below(1e6)}`;
  const value = random.chance(0.7)
    ? random.pick(VALUES)
    : 'v'.repeat(random.below(1_500));
  return [name, value];
}
