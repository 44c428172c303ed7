import type { IncomingMessage } from 'node:http';
import { SENDER_DEFAULTS, type SenderSettings } from '../config/sender';
import {
  createAddressReader,
  createNetworkMatcher,
  limitKeyOf,
} from './callerAddress';
import { DIALECTS } from './dialects/createDialect';
import type { Dialect } from './dialects/dialect';
import { SenderLimits } from './limits';

/** Who a request says that it comes from. Nothing of it is verified. */
export interface Caller {
  /** The sender whose secrets and limits count. */
  sender: SenderSettings;
  /** Why the request can never be verified; its `sender` is then one without secrets. */
  fault?: {
    code: 'sender-unknown' | 'network-not-allowed';
    /** The sender that the request names, where that is one of ours. */
    sender?: string;
  };
  /** What the address counts as in limits. */
  address: string;
  dialect: Dialect;
  limits: SenderLimits;
}

/** Stands in where a request names no sender of ours, or comes from a wrong network. */
const UNKNOWN_SENDER: SenderSettings = {
  ...SENDER_DEFAULTS,
  name: '',
  dialect: 'catalog',
  secrets: [],
  requireTimestamp: false,
  timeWindowMs: SENDER_DEFAULTS.timeWindow,
  namespaces: [],
};

/**
 * Finds the caller of a request to the sender that its path names. Requests
 * with an unknown name, or from a network that their sender does not allow, use
 * up no limits of a sender: together they have limits of their own.
 */
export function createCallerFinder(options: {
  senders: SenderSettings[];
  now: () => Date;
}) {
  const { senders, now } = options;
  const unknown = prepare(UNKNOWN_SENDER, now);
  const known = new Map(
    senders.map(sender => [sender.name, prepare(sender, now)]),
  );
  return (req: IncomingMessage, name: string): Caller => {
    const claimed = known.get(name);
    const ip = (claimed ?? unknown).addressOf(req);
    const address = limitKeyOf(ip);
    if (!claimed) {
      return { ...unknown, address, fault: { code: 'sender-unknown' } };
    }
    return claimed.isAllowed(ip)
      ? { ...claimed, address }
      : {
          ...unknown,
          address,
          fault: { code: 'network-not-allowed', sender: name },
        };
  };
}

function prepare(sender: SenderSettings, now: () => Date) {
  const { allowFrom, trustProxy } = sender;
  return {
    sender,
    dialect: DIALECTS[sender.dialect]({ sender, now }),
    limits: new SenderLimits(sender),
    addressOf: createAddressReader(trustProxy),
    isAllowed: allowFrom ? createNetworkMatcher(allowFrom) : () => true,
  };
}
