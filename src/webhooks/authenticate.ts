import type { SenderSettings } from '../config/settings';
import type { Arrival } from './createEntrances';
import type {
  DeliveryIdReading,
  HeaderValues,
  SignatureReading,
} from './dialects/dialect';
import type { RejectionCode } from './sender';
import { checkTime, type TimeFault } from './verify/checkTime';
import { findMistake } from './verify/findMistake';
import { verifySignature } from './verify/verifySignature';

export interface Rejection {
  /** The sender, where it is one of ours: what a caller made up is not for the log. */
  sender?: string;
  code: RejectionCode;
  /** How far the sender's clock is off. */
  seconds?: number;
  /** Whose turn to be looked into it takes. */
  key: string;
  /** Looks for what went wrong, at the cost of more HMACs, the same for all requests: after the answer, and seldom. */
  findMistake: () => RejectionCode | undefined;
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

type Fault = Omit<Rejection, 'key' | 'findMistake'>;

/** Compared with what nobody can have signed. */
const UNSIGNED = { prefix: '', macs: [] };

export function createAuthenticator(options: {
  senders: SenderSettings[];
  now: () => Date;
}): Authenticator {
  const { senders, now } = options;
  const rounds = Math.max(1, ...senders.map(({ secrets }) => secrets.length));
  return ({ arrival, headers, body }) => {
    const { dialect, sender, key } = arrival.entrance;
    const reading = dialect.readSignature(headers);
    const { prefix, macs } = reading.type === 'readable' ? reading : UNSIGNED;
    const secrets = sender?.secrets ?? [];
    const signed = { body, prefix, macs, secrets, rounds };
    const verification = verifySignature({ ...signed, now: now() });
    const rejected = (fault: Fault) => reject({ fault, key, signed });
    if (!sender) {
      return rejected({ code: 'sender-unknown', ...arrival.stranger });
    }
    const { name } = sender;
    if (reading.type === 'unusable') {
      return rejected({ sender: name, code: reading.code });
    }
    if (verification.type === 'rejected') {
      return rejected({ sender: name, code: verification.code });
    }
    const late = timeFault({ sender, reading, now: now() });
    if (late) {
      return rejected({ sender: name, ...late });
    }
    const { secretId } = verification;
    const { delivery } = reading;
    return { type: 'authenticated', sender, secretId, delivery };
  };
}

function reject(options: {
  fault: Fault;
  key: string;
  signed: Parameters<typeof findMistake>[0];
}): Authentication {
  const { fault, key, signed } = options;
  const lookForMistake = () => {
    // Whatever the fault is, so that it takes as long.
    const found = findMistake(signed);
    return fault.code === 'signature-wrong' ? found : undefined;
  };
  return {
    type: 'rejected',
    rejection: { ...fault, key, findMistake: lookForMistake },
  };
}

/** The time is looked at once it is known that the sender signed it. */
function timeFault(options: {
  sender: SenderSettings;
  reading: Extract<SignatureReading, { type: 'readable' }>;
  now: Date;
}): TimeFault | undefined {
  const { sender, reading, now } = options;
  const { timestamp } = reading;
  return timestamp === undefined
    ? undefined
    : checkTime({ timestamp, now, windowMs: sender.timeWindowMs });
}
