import type { RejectionCode } from '../model/sender';
import type { SenderSettings } from '../model/settings';
import type { Arrival } from './createEntrances';
import type {
  DeliveryIdReading,
  HeaderValues,
  SignatureReading,
} from './dialects/dialect';
import { checkTime } from './verify/checkTime';
import { findMistake } from './verify/findMistake';
import { verifySignature } from './verify/verifySignature';

export interface Rejection {
  /** The sender, where it is one of ours: what a caller made up is not for the log. */
  sender?: string;
  code: RejectionCode;
  /** How far the sender's clock is off. */
  seconds?: number;
  /** Looks for what went wrong, at the cost of more HMACs: after the answer, and seldom. */
  findMistake?: () => RejectionCode | undefined;
}

export type Authentication =
  | {
      type: 'authenticated';
      sender: SenderSettings;
      secretId: string;
      delivery: DeliveryIdReading;
    }
  | { type: 'rejected'; rejection: Rejection };

/** Tells whether a request comes from the sender that it says it is, at one cost for all requests. */
export type Authenticator = (options: {
  arrival: Arrival;
  headers: HeaderValues;
  body: Buffer;
}) => Authentication;

/** Compared with what nobody can have signed. */
const UNSIGNED = { prefix: '', macs: [] };

export function createAuthenticator(options: {
  senders: SenderSettings[];
  now: () => Date;
}): Authenticator {
  const { senders, now } = options;
  const rounds = Math.max(1, ...senders.map(({ secrets }) => secrets.length));
  return ({ arrival, headers, body }) => {
    const { dialect, sender } = arrival.entrance;
    const reading = dialect.readSignature(headers);
    const { prefix, macs } = reading.type === 'readable' ? reading : UNSIGNED;
    const verification = verifySignature({
      body,
      prefix,
      macs,
      secrets: sender?.secrets ?? [],
      rounds,
      now: now(),
    });
    if (!sender) {
      return rejected({ code: 'sender-unknown', ...arrival.stranger });
    }
    if (reading.type === 'unusable') {
      return rejected({ sender: sender.name, code: reading.code });
    }
    if (verification.type === 'rejected') {
      return rejected({
        sender: sender.name,
        code: verification.code,
        findMistake: () =>
          verification.code === 'signature-wrong'
            ? findMistake({ ...reading, body, secrets: sender.secrets })
            : undefined,
      });
    }
    return inTime({
      sender,
      reading,
      secretId: verification.secretId,
      now: now(),
    });
  };
}

/** The time is looked at once it is known that the sender signed it. */
function inTime(options: {
  sender: SenderSettings;
  reading: Extract<SignatureReading, { type: 'readable' }>;
  secretId: string;
  now: Date;
}): Authentication {
  const { sender, reading, secretId, now } = options;
  const { timestamp, delivery } = reading;
  const fault =
    timestamp === undefined
      ? undefined
      : checkTime({ timestamp, now, windowMs: sender.timeWindowMs });
  return fault
    ? rejected({ sender: sender.name, ...fault })
    : { type: 'authenticated', sender, secretId, delivery };
}

function rejected(rejection: Rejection): Authentication {
  return { type: 'rejected', rejection };
}
