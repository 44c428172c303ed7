import type { IncomingMessage } from 'node:http';
import { SENDER_DEFAULTS, type SenderSettings } from '../config/sender';
import { completeVerify } from '../config/verify';
import {
  createAddressReader,
  createNetworkMatcher,
  limitKeyOf,
  plainAddress,
} from './callerAddress';
import { type AddedDialects, createDialect } from './dialects/createDialect';
import type { Dialect } from './dialects/dialect';
import { ConcurrencyLimit, RateLimit } from './limits';

/** Who a request says that it comes from. Nothing of it is verified. */
export interface Caller {
  /** The sender whose secrets count. */
  sender: SenderSettings;
  /** Why the request can never be verified; its `sender` is then one without secrets. */
  fault?: {
    code: 'sender-unknown' | 'network-not-allowed';
    /** The sender that the request names, where that is one of ours. */
    sender?: string;
  };
  /** Undefined where a proxy names none. */
  address?: string;
  /** Whether the connection comes from a proxy in the networks of `trustProxy`. */
  isFromProxy: boolean;
  /** What the address counts as in limits. */
  limitKey: string;
  dialect: Dialect;
  /** Of verified requests by address. */
  rate: RateLimit;
  /** Of verified requests that are worked on. */
  work: ConcurrencyLimit;
}

/** Stands in where a request names no sender of ours, or comes from a wrong network. */
const UNKNOWN_SENDER: SenderSettings = {
  ...SENDER_DEFAULTS,
  name: '',
  dialect: 'catalog',
  signature: 'catalog',
  verify: completeVerify(undefined, 'catalog'),
  secrets: [],
  requireTimestamp: false,
  timeWindowMs: SENDER_DEFAULTS.timeWindow,
};

/**
 * Finds the caller of a request to the sender that its path names. The address
 * under an unknown name is read as that of the first sender. If senders have
 * different `trustProxy`, the limits by address tell the others from unknown names.
 */
export function createCallerFinder(options: {
  senders: SenderSettings[];
  addedDialects?: AddedDialects;
  now: () => Date;
}) {
  const { senders } = options;
  const { trustProxy } = senders[0] ?? UNKNOWN_SENDER;
  const unknown = prepare({ ...UNKNOWN_SENDER, trustProxy }, options);
  const known = new Map(
    senders.map(sender => [sender.name, prepare(sender, options)]),
  );
  return (req: IncomingMessage, name: string): Caller => {
    const claimed = known.get(name);
    const { addressOf, isProxy } = claimed ?? unknown;
    const ip = addressOf(req);
    const from = {
      address: plainAddress(ip),
      isFromProxy: isProxy(req.socket.remoteAddress),
      limitKey: limitKeyOf(ip),
    };
    if (!claimed) {
      return { ...unknown, ...from, fault: { code: 'sender-unknown' } };
    }
    return claimed.isAllowed(ip)
      ? { ...claimed, ...from }
      : {
          ...unknown,
          ...from,
          fault: { code: 'network-not-allowed', sender: name },
        };
  };
}

function prepare(
  sender: SenderSettings,
  { addedDialects, now }: { addedDialects?: AddedDialects; now: () => Date },
) {
  const { allowFrom, trustProxy } = sender;
  return {
    sender,
    dialect: createDialect({ sender, now, added: addedDialects }),
    rate: new RateLimit(sender.rateLimit),
    work: new ConcurrencyLimit(sender.concurrency),
    addressOf: createAddressReader(trustProxy),
    // A number of hops tells nobody which machine is a proxy.
    isProxy: createNetworkMatcher(Array.isArray(trustProxy) ? trustProxy : []),
    isAllowed: allowFrom ? createNetworkMatcher(allowFrom) : () => true,
  };
}
