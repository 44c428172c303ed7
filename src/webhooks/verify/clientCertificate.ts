import { X509Certificate } from 'node:crypto';
import type { CertificateSettings } from '../../config/verify';
import type { RejectionCode } from '../rejections';

/** What a proxy says of the certificate of its client. */
interface Identity {
  /** SHA-256 in lower-case hex. */
  fingerprint?: string;
  /** As RFC 2253 writes it. */
  subject?: string;
}

/**
 * Why what a proxy passes on is not one of a sender's certificates; undefined
 * where it is. To be called of requests that come from a proxy of ours: the
 * proxy has verified the certificate, and nothing in the header shows that.
 */
export function certificateFault(
  [value, ...more]: readonly string[],
  { fingerprints = [], subjects = [] }: CertificateSettings,
): RejectionCode | undefined {
  // A proxy says "no certificate" with an empty header.
  if (!value) {
    return 'certificate-missing';
  }
  if (more.length > 0) {
    return 'certificate-repeated';
  }
  const identity = readIdentity(value.trim());
  if (!identity) {
    return 'certificate-malformed';
  }
  const { fingerprint = '', subject = '' } = identity;
  return fingerprints.includes(fingerprint) || subjects.includes(subject)
    ? undefined
    : 'certificate-unknown';
}

const FINGERPRINT = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i;
/** As RFC 2253 and 4514 begin it. */
const SUBJECT = /^[A-Za-z][\w.-]*=/;
const FORWARDED = /^(?:By|Hash|Cert|Chain|Subject|URI|DNS)=/i;

function readIdentity(value: string): Identity | undefined {
  if (FINGERPRINT.test(value)) {
    return { fingerprint: value.replaceAll(':', '').toLowerCase() };
  }
  if (FORWARDED.test(value)) {
    return readForwarded(value);
  }
  return SUBJECT.test(value) ? { subject: value } : readCertificate(value);
}

/** One `key=value` of Envoy's `X-Forwarded-Client-Cert`, with the value in quotes or not. */
const ELEMENT = /^(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^";,]*))(?:;|$)/;

/**
 * Envoy's `X-Forwarded-Client-Cert` with one client; where several are
 * chained, some are what a client sent.
 */
function readForwarded(value: string): Identity | undefined {
  const found: Record<string, string> = {};
  let rest = value;
  while (rest !== '') {
    const [whole, key, quoted, plain] = ELEMENT.exec(rest) ?? [];
    if (whole === undefined) {
      return undefined;
    }
    found[key.toLowerCase()] = quoted?.replace(/\\(["\\])/g, '$1') ?? plain;
    rest = rest.slice(whole.length);
  }
  const { hash, subject } = found;
  return { fingerprint: hash?.toLowerCase(), subject };
}

const BASE64 = /^[A-Za-z0-9+/=\s]+$/;

/** A certificate in PEM, encoded for a URL, or its bytes in base64 (RFC 9440 has colons around them). */
function readCertificate(value: string): Identity | undefined {
  try {
    const text = decodeURIComponent(value).replace(/^:(.*):$/, '$1');
    const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : text;
    const { fingerprint256, subject } = new X509Certificate(bytes);
    return {
      fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
      // Node.js has a line for each part, in the order of the certificate.
      subject: subject?.split('\n').reverse().join(','),
    };
  } catch {
    return undefined;
  }
}
