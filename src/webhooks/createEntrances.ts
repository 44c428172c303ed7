import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../model/settings';
import {
  commonTrust,
  createAddressKeys,
  createAddressReader,
} from './callerAddress';
import { createPlaces, type Places } from './createPlaces';
import { createRateLimit, type RateLimit } from './createRateLimit';
import { createDialect } from './dialects/createDialect';
import type { Dialect } from './dialects/dialect';
import { createNetworkMatcher } from './networks';

/** What a request is held to before anything of it is read. */
export interface Entrance {
  /** Whose secrets and limits count; undefined for what can never be verified. */
  sender?: SenderSettings;
  dialect: Dialect;
  rate: RateLimit;
  places: Places;
  maxBodyBytes: number;
}

/** Where a request came in. */
export interface Arrival {
  entrance: Entrance;
  /** Of the caller's address, for its limits. */
  addressKey: string;
  /** Why it can never be verified; the caller is not told before the end, and then no more than anybody. */
  stranger?: {
    code: 'sender-unknown' | 'network-not-allowed';
    /** The sender that it says it is, where that is one of ours. */
    sender?: string;
  };
}

/** Tells the entrance of a request to the sender that its path names. */
export type Entrances = (req: IncomingMessage, sender: string) => Arrival;

/** Stands in where no sender does, with what senders have by default. */
const STRANGERS: SenderSettings = {
  name: '',
  dialect: 'catalog',
  secrets: [],
  requireTimestamp: false,
  timeWindowMs: 300_000,
  trustProxy: false,
  rateLimit: { requests: 1200, windowMs: 60_000 },
  concurrency: 50,
  maxBodyBytes: 1_000_000,
  paused: false,
  namespaces: [],
  entity: 'component:default/{service}',
  aliases: {},
};

/**
 * Makes everything that senders need once. Callers with an unknown name, or
 * from a network that their sender does not allow, have one entrance together,
 * so that neither can be told from the other, and that they take nothing from
 * a sender.
 */
export function createEntrances(options: {
  senders: SenderSettings[];
  now: () => Date;
}): Entrances {
  const { senders, now } = options;
  const keyOf = createAddressKeys();
  const strangers = {
    ...createEntrance(STRANGERS, now),
    sender: undefined,
  };
  const strangerAddress = createAddressReader(commonTrust(senders));
  const own = new Map(
    senders.map(sender => [
      sender.name,
      {
        entrance: createEntrance(sender, now),
        addressOf: createAddressReader(sender.trustProxy),
        isAllowed: allowedBy(sender),
      },
    ]),
  );
  return (req, name) => {
    const found = own.get(name);
    if (!found) {
      const addressKey = keyOf(strangerAddress(req));
      const stranger = { code: 'sender-unknown' as const };
      return { entrance: strangers, addressKey, stranger };
    }
    const address = found.addressOf(req);
    const addressKey = keyOf(address);
    if (!found.isAllowed(address)) {
      const stranger = { code: 'network-not-allowed' as const, sender: name };
      return { entrance: strangers, addressKey, stranger };
    }
    return { entrance: found.entrance, addressKey };
  };
}

function createEntrance(
  sender: SenderSettings,
  now: () => Date,
): Entrance & { sender: SenderSettings } {
  return {
    sender,
    dialect: createDialect(sender, now),
    rate: createRateLimit(sender.rateLimit),
    places: createPlaces(sender.concurrency),
    maxBodyBytes: sender.maxBodyBytes,
  };
}

function allowedBy({
  allowFrom,
}: SenderSettings): (address: string | undefined) => boolean {
  return allowFrom === undefined ? () => true : createNetworkMatcher(allowFrom);
}
