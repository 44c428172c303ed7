import { hash, timingSafeEqual } from 'node:crypto';
import type { SenderSecret } from '../../config/secrets';
import type { RejectionCode } from '../rejections';
import { validityOf } from './verifySignature';

export type SecretVerification =
  | { type: 'verified'; secretId: string }
  | { type: 'rejected'; code: RejectionCode };

/** Whether a header has one of a sender's secrets in it, alone or as a bearer token. */
export function verifyTokenSecret(options: {
  values: readonly string[];
  secrets: readonly SenderSecret[];
  now: Date;
}): SecretVerification {
  const [value, ...more] = options.values;
  return verifySecret({
    ...options,
    given: value?.replace(/^Bearer +/i, ''),
    isRepeated: more.length > 0,
  });
}

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

/** Whether the password of `Authorization: Basic` is one of a sender's secrets. Any user name will do. */
export function verifyPassword(options: {
  values: readonly string[];
  secrets: readonly SenderSecret[];
  now: Date;
}): SecretVerification {
  const [value, ...more] = options.values;
  const base64 = value === undefined ? undefined : BASIC.exec(value)?.[1];
  const text = base64 && Buffer.from(base64, 'base64').toString('utf8');
  return verifySecret({
    ...options,
    given: text?.slice(text.indexOf(':') + 1),
    isRepeated: more.length > 0,
  });
}

/** Compares with each secret, without an early exit, and by hashes of one length. */
function verifySecret(options: {
  given: string | undefined;
  isRepeated: boolean;
  secrets: readonly SenderSecret[];
  now: Date;
}): SecretVerification {
  const { given, isRepeated, secrets, now } = options;
  if (!given || isRepeated) {
    return {
      type: 'rejected',
      code: isRepeated ? 'secret-repeated' : 'secret-missing',
    };
  }
  const digest = hash('sha256', given, 'buffer');
  const matching = secrets.filter(({ key }) => {
    const isEqual = timingSafeEqual(hash('sha256', key, 'buffer'), digest);
    return isEqual && key.length > 0;
  });
  const valid = matching.find(each => validityOf(each, now) === 'valid');
  if (valid) {
    return { type: 'verified', secretId: valid.id };
  }
  const [outOfTime] = matching;
  const validity = outOfTime && validityOf(outOfTime, now);
  return {
    type: 'rejected',
    code:
      validity === undefined || validity === 'valid'
        ? 'secret-wrong'
        : `secret-${validity}`,
  };
}
