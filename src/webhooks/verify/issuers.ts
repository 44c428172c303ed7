import type { SenderSettings } from '../../config/sender';
import type { HeaderValues } from '../headers';
import { IssuerKeys, type IssuerKeysOptions } from './IssuerKeys';
import { type TokenVerification, verifyToken } from './verifyToken';

/** Called when the keys of an issuer were read, and when they could not be. */
export type IssuerReports = Pick<IssuerKeysOptions, 'onRead' | 'onFailed'>;

/** Makes what verifies the tokens of these senders. Senders of one issuer share its keys. */
export function createTokenVerifier(
  options: { senders: SenderSettings[]; now: () => Date } & IssuerReports,
) {
  const { senders, now } = options;
  const issuers = new Map(
    senders.flatMap(({ verify: { jwt } }) =>
      jwt
        ? [[jwt.issuer, new IssuerKeys({ ...options, issuer: jwt.issuer })]]
        : [],
    ),
  );
  return async (request: {
    caller: { sender: SenderSettings };
    headers: HeaderValues;
    body: Buffer;
  }): Promise<TokenVerification> => {
    const { caller, headers, body } = request;
    const settings = caller.sender.verify.jwt!;
    const [value, ...more] = headers(settings.header);
    if (value === undefined || more.length > 0) {
      const code = value === undefined ? 'token-missing' : 'token-repeated';
      return { type: 'rejected', code };
    }
    return verifyToken({
      text: value.replace(/^Bearer +/i, ''),
      body,
      settings,
      findKey: issuers.get(settings.issuer)!.find,
      now: now(),
    });
  };
}
