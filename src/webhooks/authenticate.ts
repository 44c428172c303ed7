import type { SenderSettings } from '../config/sender';
import type { Caller } from './callers';
import type { Dialect } from './dialects/dialect';
import type { HeaderValues } from './headers';
import type { RejectionCode } from './rejections';
import { findMistake } from './verify/findMistake';
import { verifySignature } from './verify/verifySignature';

export interface Rejection extends Fault {
  /** Looks for what went wrong, at the cost of more HMACs, as many for any request. To be called after the answer, and seldom. */
  findMistake: () => RejectionCode | undefined;
}

interface Fault {
  code: RejectionCode;
  /** The sender, where it is one of ours. Other names are not for the log. */
  sender?: string;
  /** How far the sender's clock is off. */
  seconds?: number;
}

export type Authentication =
  | {
      type: 'authenticated';
      sender: SenderSettings;
      secretId: string;
      dialect: Dialect;
    }
  | { type: 'rejected'; rejection: Rejection };

/** Compared where a request has no signature that can be read: nobody can have signed it. */
const UNSIGNED = { prefix: '', macs: [] };

/** Tells whether a request comes from the sender that it names, at one cost for all requests. */
export function createAuthenticator(options: {
  senders: SenderSettings[];
  now: () => Date;
}) {
  const { senders, now } = options;
  const rounds = Math.max(1, ...senders.map(({ secrets }) => secrets.length));
  return (request: {
    caller: Pick<Caller, 'sender' | 'dialect' | 'fault'>;
    headers: HeaderValues;
    body: Buffer;
  }): Authentication => {
    const { caller, headers, body } = request;
    const { sender, dialect } = caller;
    const reading = dialect.readSignature(headers);
    const { prefix, macs } = reading.type === 'readable' ? reading : UNSIGNED;
    const signed = { body, prefix, macs, secrets: sender.secrets, rounds };
    const verification = verifySignature({ ...signed, now: now() });
    const rejected = (fault: Omit<Fault, 'sender'>) =>
      reject({ sender: sender.name, ...fault }, signed);
    if (caller.fault) {
      return reject(caller.fault, signed);
    }
    if (reading.type === 'unusable') {
      return rejected({ code: reading.code });
    }
    if (verification.type === 'rejected') {
      return rejected({ code: verification.code });
    }
    // The time is looked at once it is known that the sender signed it.
    const timeFault = checkTime({
      timestamp: reading.signed?.timestamp,
      windowMs: sender.timeWindowMs,
      now: now(),
    });
    if (timeFault) {
      return rejected(timeFault);
    }
    return {
      type: 'authenticated',
      sender,
      secretId: verification.secretId,
      dialect,
    };
  };
}

function reject(
  fault: Fault,
  signed: Parameters<typeof findMistake>[0],
): Authentication {
  return {
    type: 'rejected',
    rejection: {
      ...fault,
      findMistake: () => {
        // Whatever the fault is, so that it takes as long.
        const found = findMistake(signed);
        return fault.code === 'signature-wrong' ? found : undefined;
      },
    },
  };
}

/** Whether a signed time is near enough to ours, so that a recorded request cannot be sent again later. */
function checkTime(options: {
  /** Seconds since 1970; undefined where no time is signed. */
  timestamp?: number;
  now: Date;
  windowMs: number;
}): Omit<Fault, 'sender'> | undefined {
  const { timestamp, now, windowMs } = options;
  const aheadMs =
    timestamp === undefined ? 0 : timestamp * 1000 - now.getTime();
  if (Math.abs(aheadMs) <= windowMs) {
    return undefined;
  }
  return {
    code: aheadMs < 0 ? 'clock-behind' : 'clock-ahead',
    seconds: Math.round(Math.abs(aheadMs) / 1000),
  };
}
