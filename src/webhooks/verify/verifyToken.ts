import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { hash } from 'node:crypto';
import type { JwtSettings } from '../../config/verify';
import type { RejectionCode } from '../rejections';
import { type Claims, wrongClaim } from './claims';
import { codeOf, IssuerAwayError } from './IssuerKeys';
import { loadJose } from './loadJose';

/** How far the clocks of an issuer and of this backend may differ. */
export const CLOCK_TOLERANCE_S = 30;

/** A token that its issuer signed, for this audience, and that is valid now. */
export interface VerifiedToken {
  /** Names it: the hash of what its issuer signed. */
  id: string;
  claims: Claims;
  /** When it is refused for its age. */
  endsAt: Date;
  /** Whether it says itself which body it is for. */
  hasDigest: boolean;
}

export type TokenVerification =
  | { type: 'verified'; token: VerifiedToken }
  | { type: 'rejected'; code: RejectionCode; claim?: string };

/** In a compact JSON Web Signature. */
const COMPACT = /^([\w-]+\.[\w-]+)\.[\w-]+$/;

/**
 * Verifies a JSON Web Token. Its claims are read once its signature is
 * verified, with an algorithm and a key that its issuer is known to use.
 */
export async function verifyToken(options: {
  text: string;
  body: Buffer;
  settings: JwtSettings;
  findKey: JWTVerifyGetKey;
  now: Date;
}): Promise<TokenVerification> {
  const { text, body, settings, findKey, now } = options;
  const signed = COMPACT.exec(text)?.[1];
  if (signed === undefined) {
    return rejected('token-malformed');
  }
  let claims: JWTPayload;
  try {
    const { issuer, algorithms } = settings;
    ({ payload: claims } = await loadJose().jwtVerify(text, findKey, {
      issuer,
      algorithms,
      requiredClaims: ['aud', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: now,
    }));
  } catch (error) {
    return rejected(rejectionOf(error));
  }
  const code = audienceFault(claims, settings, body);
  if (code) {
    return rejected(code);
  }
  const claim = wrongClaim({ patterns: settings.claims, claims });
  if (claim !== undefined) {
    return { type: 'rejected', code: 'token-claim-wrong', claim };
  }
  const token = {
    id: hash('sha256', signed),
    claims,
    endsAt: endOf(claims.exp!),
    hasDigest: settings.digestClaim !== undefined,
  };
  return { type: 'verified', token };
}

/** The last that a column of the tables takes. */
const LAST_SECOND = Date.UTC(9999, 0) / 1000;

function endOf(exp: number): Date {
  return new Date(Math.min(exp + CLOCK_TOLERANCE_S, LAST_SECOND) * 1000);
}

function rejected(code: RejectionCode): TokenVerification {
  return { type: 'rejected', code };
}

/** Of the codes of jose. */
const CODES: Record<string, RejectionCode> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'token-algorithm-wrong',
  ERR_JOSE_NOT_SUPPORTED: 'token-malformed',
  ERR_JWKS_NO_MATCHING_KEY: 'token-key-unknown',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'token-key-unknown',
  ERR_JWS_INVALID: 'token-malformed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token-signature-wrong',
  ERR_JWT_EXPIRED: 'token-expired',
  ERR_JWT_INVALID: 'token-malformed',
};

const CLAIM_CODES: Record<string, RejectionCode> = {
  iss: 'token-issuer-wrong',
  aud: 'token-audience-wrong',
  nbf: 'token-too-early',
};

function rejectionOf(error: unknown): RejectionCode {
  if (error instanceof IssuerAwayError) {
    return 'issuer-away';
  }
  const { claim } = error as { claim?: string };
  const byClaim = claim === undefined ? undefined : CLAIM_CODES[claim];
  return byClaim ?? CODES[String(codeOf(error))] ?? 'token-malformed';
}

/** Stands in an audience between that of the sender and a digest. */
const DIGEST_SEPARATOR = '#sha256=';

/** What is wrong with whom a token is for, and with the body that it is for. */
function audienceFault(
  claims: JWTPayload,
  { audience, digestClaim }: JwtSettings,
  body: Buffer,
): RejectionCode | undefined {
  const audiences = [claims.aud ?? []].flat();
  const isFor = (prefix: string) =>
    audiences.some(each => typeof each === 'string' && each.startsWith(prefix));
  if (digestClaim === undefined) {
    return audiences.includes(audience) ? undefined : 'token-audience-wrong';
  }
  const digest = hash('sha256', body);
  if (digestClaim !== 'aud') {
    if (!audiences.includes(audience)) {
      return 'token-audience-wrong';
    }
    return claims[digestClaim] === digest ? undefined : 'token-digest-wrong';
  }
  const prefix = `${audience}${DIGEST_SEPARATOR}`;
  if (!isFor(prefix)) {
    return 'token-audience-wrong';
  }
  return audiences.includes(`${prefix}${digest}`)
    ? undefined
    : 'token-digest-wrong';
}
