import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../model/settings';
import { verifySignature, type Verification } from './verify/verifySignature';

/** Header with the HMAC of the raw body. */
export const SIGNATURE_HEADER = 'x-catalog-signature';

export type Authentication =
  | { type: 'authenticated'; sender: SenderSettings; secretId: string }
  | {
      type: 'rejected';
      /** The sender, where it is one of ours: what a caller made up is not for the log. */
      sender?: string;
      code:
        | Extract<Verification, { type: 'rejected' }>['code']
        | 'sender-unknown';
    };

export type Authenticator = (options: {
  req: IncomingMessage;
  sender: string;
  body: Buffer;
}) => Authentication;

/** Tells whether a request comes from the sender that its path names, at one cost for all requests. */
export function createAuthenticator(senders: SenderSettings[]): Authenticator {
  const byName = new Map(senders.map(sender => [sender.name, sender]));
  const rounds = Math.max(1, ...senders.map(({ secrets }) => secrets.length));
  return ({ req, sender: name, body }) => {
    const sender = byName.get(name);
    const verification = verifySignature({
      body,
      signatures: req.headersDistinct[SIGNATURE_HEADER] ?? [],
      secrets: sender?.secrets ?? [],
      rounds,
    });
    if (!sender) {
      return { type: 'rejected', code: 'sender-unknown' };
    }
    return verification.type === 'verified'
      ? {
          type: 'authenticated',
          sender,
          secretId: verification.secretId,
        }
      : { type: 'rejected', sender: name, code: verification.code };
  };
}
