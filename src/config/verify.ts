import type { JsonObject } from '@backstage/types';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { isObject, quoteValue } from '../lib/values';
import { claims, sharedIssuerFault } from './claims';
import { date } from './secrets';
import {
  block,
  checkedText,
  list,
  readBy,
  text,
  textThat,
  uniqueList,
} from './primitives';

/** How a request can be verified: first what costs least. */
export const WAYS = [
  'clientCertificate',
  'basic',
  'token',
  'hmac',
  'ed25519',
  'jwt',
] as const;

export type Way = (typeof WAYS)[number];

/** Those that use `secrets`. */
const WITH_SECRET: readonly Way[] = ['hmac', 'basic', 'token'];
/** Those that send the secret itself. */
const WEAK: readonly Way[] = ['basic', 'token'];
/** Those with a block of their own that is required. */
const WITH_BLOCK = ['jwt', 'clientCertificate', 'ed25519'] as const;

const AUTHORIZATION = 'authorization';

/** Compared in lower case. */
const headerName = textThat(
  value => /^[\w!#$%&'*+.^`|~-]+$/.test(value),
  'the name of a header',
).transform(value => value.toLowerCase());

/** Asymmetric ones alone: who knows a public key must not be able to sign with it. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
];

const algorithm = textThat(
  value => ALGORITHMS.includes(value),
  `one of ${ALGORITHMS.join(', ')}`,
);

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

const issuer = checkedText(value => {
  const { protocol, hostname, search, hash, username } = URL.canParse(value)
    ? new URL(value)
    : ({} as Partial<URL>);
  if (
    protocol !== 'https:' &&
    !(protocol === 'http:' && LOOPBACK.includes(hostname!))
  ) {
    return 'is not an https URL, such as "https://gitlab.example.com"; what is read over http could be anybody\'s keys';
  }
  return search || hash || username
    ? 'has more than a host and a path; write it as the claim "iss" has it'
    : undefined;
});

const jwt = block({
  /** As the claim `iss` has it. Its discovery document says where its keys are. */
  issuer,
  /** Has to be among those of the claim `aud`. */
  audience: text(),
  algorithms: uniqueList(algorithm).prefault(['RS256']),
  /** What claims have to be; `{service}` and `{environment}` are those of the event. */
  claims,
  /** The claim with the SHA-256 of the body, in hex. `aud`: it follows the audience, after `#sha256=`. */
  digestClaim: text().optional(),
  /** Where the token is, alone or after `Bearer`. */
  header: headerName.prefault(AUTHORIZATION),
}).superRefine((settings, ctx) => {
  const message = sharedIssuerFault(settings);
  if (message) {
    ctx.addIssue({ code: 'custom', path: ['claims'], message });
  }
});

/** SHA-256 in hex, with or without colons. */
const fingerprint = text()
  .transform(value => value.replaceAll(':', '').toLowerCase())
  .refine(value => /^[0-9a-f]{64}$/.test(value), {
    error:
      'is not the SHA-256 of a certificate in hex; "openssl x509 -noout -fingerprint -sha256 -in ci.pem" prints it',
  });

const clientCertificate = block({
  /** The header in which the proxy passes the certificate on, or its fingerprint or subject. */
  header: headerName,
  fingerprints: uniqueList(fingerprint).optional(),
  /** As RFC 2253 writes them. */
  subjects: uniqueList(text()).optional(),
}).refine(({ fingerprints, subjects }) => fingerprints || subjects, {
  error:
    'has neither fingerprints nor subjects, so that any certificate would do; give one of them',
});

const PUBLIC_KEY_PREFIX = 'whpk_';
const PUBLIC_KEY_BYTES = 32;

/** Of Standard Webhooks: Ed25519, in base64. */
const publicKey = readBy((value): KeyObject | string => {
  const base64 = String(value).replace(PUBLIC_KEY_PREFIX, '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === PUBLIC_KEY_BYTES &&
    bytes.toString('base64') === base64
    ? createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
        format: 'jwk',
      })
    : `is not a public key of Standard Webhooks: "${PUBLIC_KEY_PREFIX}" and the base64 of ${PUBLIC_KEY_BYTES} bytes`;
});

const ed25519 = block({
  /** Several while one is rotated. */
  keys: list(block({ id: text(), publicKey, rotateBy: date.optional() })),
});

const allOf = uniqueList(z.enum(WAYS));

/** What makes a request its sender's. */
export const verify = block({
  /** All of them have to. Without it, `hmac`. */
  all: allOf.optional(),
  jwt: jwt.optional(),
  clientCertificate: clientCertificate.optional(),
  ed25519: ed25519.optional(),
  /** Where the secret is, alone or after `Bearer`. */
  token: block({ header: headerName }).optional(),
}).optional();

type Given = NonNullable<z.output<typeof verify>>;

export type JwtSettings = z.output<typeof jwt>;
export type CertificateSettings = z.output<typeof clientCertificate>;
export type PublicKeys = z.output<typeof ed25519>['keys'];

export interface VerifySettings extends Omit<Given, 'all' | 'token'> {
  all: Way[];
  /** Where `token` has its secret. */
  tokenHeader: string;
}

/** Where those who send a dialect have their token. */
const TOKEN_HEADERS: Record<string, string> = { gitlab: 'x-gitlab-token' };

function tokenHeaderOf(dialect: unknown): string {
  return TOKEN_HEADERS[String(dialect)] ?? AUTHORIZATION;
}

/** What a sender is to be verified with, as far as it can be read. */
export function waysIn({ verify: given }: JsonObject): Way[] {
  const asked = allOf.safeParse(isObject(given) ? given.all : undefined);
  return asked.data ?? ['hmac'];
}

export function completeVerify(
  given: Given | undefined,
  dialect: string,
): VerifySettings {
  const { token, ...rest } = given ?? {};
  return {
    ...rest,
    all: rest.all ?? ['hmac'],
    tokenHeader: token?.header ?? tokenHeaderOf(dialect),
  };
}

export function usesSecrets({ all }: Pick<VerifySettings, 'all'>): boolean {
  return all.some(way => WITH_SECRET.includes(way));
}

/** What is wrong with keys beside one another, by key. */
export function describeVerifyConflicts(
  raw: JsonObject,
  all: Way[],
): Record<string, string | undefined> {
  const given = isObject(raw.verify) ? raw.verify : {};
  return {
    'verify.all': describeWays(all, raw),
    trustProxy:
      all.includes('clientCertificate') && !Array.isArray(raw.trustProxy)
        ? 'must be a list of the networks of the proxies beside verify.clientCertificate: anybody can send its header'
        : undefined,
    secrets: describeSecrets(all, raw),
    ...describeBlocks(all, given),
    ...describeHeaders(all, given, tokenHeaderOf(raw.dialect)),
  };
}

function describeWays(all: Way[], raw: JsonObject): string | undefined {
  const ofSecret = all.filter(way => WITH_SECRET.includes(way));
  if (ofSecret.length > 1) {
    return `has ${ofSecret.join(
      ' and ',
    )}, which use the same secrets, so that one adds nothing to the other; keep one of them`;
  }
  const weak = all.find(way => WEAK.includes(way));
  return weak &&
    raw.allowFrom === undefined &&
    !all.includes('clientCertificate')
    ? `has "${weak}", which sends the secret itself and signs nothing; add allowFrom, or "clientCertificate"`
    : undefined;
}

function describeSecrets(all: Way[], raw: JsonObject): string | undefined {
  const isGiven = raw.secrets !== undefined;
  if (usesSecrets({ all }) === isGiven) {
    return undefined;
  }
  return isGiven
    ? 'is used by none of verify.all; add "hmac" there, or remove the key'
    : 'is missing; an environment variable that is not set makes its key vanish';
}

function describeBlocks(all: Way[], given: JsonObject) {
  const faults = WITH_BLOCK.map(way => {
    const isAsked = all.includes(way);
    if (isAsked === (given[way] !== undefined)) {
      return [];
    }
    const fault = isAsked
      ? 'is missing, and verify.all names it'
      : `does nothing: verify.all does not name it; add ${quoteValue(
          way,
        )} there`;
    return [[`verify.${way}`, fault]];
  });
  return Object.fromEntries(faults.flat());
}

/** No header can have two things in it. */
function describeHeaders(
  all: Way[],
  given: JsonObject,
  tokenHeader: string,
): Record<string, string> {
  const headerOf = (way: Way, byDefault: string) => {
    const settings = given[way];
    const header = isObject(settings) ? settings.header : undefined;
    return String(header ?? byDefault).toLowerCase();
  };
  const headers: Array<[Way, string]> = [
    ['basic', AUTHORIZATION],
    ['jwt', headerOf('jwt', AUTHORIZATION)],
    ['token', headerOf('token', tokenHeader)],
    ['clientCertificate', headerOf('clientCertificate', '')],
  ];
  const used = headers.filter(([way]) => all.includes(way));
  const repeated = used.find(([, header], index) =>
    used.slice(0, index).some(([, other]) => other === header),
  );
  return repeated
    ? {
        [`verify.${repeated[0]}.header`]: `is ${quoteValue(
          repeated[1],
        )}, where another way of verify.all looks already; name another header`,
      }
    : {};
}
