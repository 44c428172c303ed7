import type { IncomingMessage } from 'node:http';
import type { SenderSettings } from '../config/settings';
import {
  commonTrust,
  createAddressKeys,
  createAddressReader,
} from './callerAddress';
import { createEntrance, type Entrance } from './createEntrance';
import { createPlaces } from './createPlaces';
import { createStrangers, STRANGER } from './createStrangers';
import { createNetworkMatcher } from './networks';

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

/**
 * Makes everything that senders need once. Callers with an unknown name, or
 * from a network that their sender does not allow, have entrances of their own,
 * so that neither can be told from the other, and that they take nothing from
 * a sender.
 */
export function createEntrances(options: {
  senders: SenderSettings[];
  now: () => Date;
}): Entrances {
  const { senders, now } = options;
  const keyOf = createAddressKeys();
  const bodies = createPlaces({ count: bodiesAtOnce(senders), now });
  const strangerAt = createStrangers({ bodies, now });
  const strangerAddress = createAddressReader(commonTrust(senders));
  const own = new Map(
    senders.map(sender => [
      sender.name,
      {
        entrance: createEntrance(sender, { bodies, now }),
        addressOf: createAddressReader(sender.trustProxy),
        isAllowed: allowedBy(sender),
      },
    ]),
  );
  return (req, name) => {
    const found = own.get(name);
    // For everybody, so that it takes as long.
    const entrance = strangerAt(name);
    if (!found) {
      const addressKey = keyOf(strangerAddress(req));
      return { entrance, addressKey, stranger: { code: 'sender-unknown' } };
    }
    const address = found.addressOf(req);
    const addressKey = keyOf(address);
    if (!found.isAllowed(address)) {
      const stranger = { code: 'network-not-allowed' as const, sender: name };
      return { entrance, addressKey, stranger };
    }
    return { entrance: found.entrance, addressKey };
  };
}

/** As many as senders may have, and strangers as if they were one. */
function bodiesAtOnce(senders: SenderSettings[]): number {
  return senders.reduce(
    (sum, { concurrency }) => sum + concurrency,
    STRANGER.concurrency,
  );
}

function allowedBy({
  allowFrom,
}: SenderSettings): (address: string | undefined) => boolean {
  return allowFrom === undefined ? () => true : createNetworkMatcher(allowFrom);
}
