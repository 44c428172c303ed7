import { hash, randomBytes } from 'node:crypto';
import type { SenderSettings } from '../config/settings';
import {
  createEntrance,
  type Entrance,
  type EntranceOptions,
} from './createEntrance';
import { createPlaces } from './createPlaces';

/** Stands in where no sender does, with what senders have by default. */
export const STRANGER: SenderSettings = {
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

/** One for each value of a byte. */
const SHARES = 256;

/**
 * The entrances of those whom no sender speaks for, by the name that they call.
 * Each of so many shares of all names is limited on its own, as a sender is: if
 * they were limited together, whoever has used that up would be told of each
 * other name whether there is a sender. Which share a name is in cannot be
 * known, or two names in one would tell the same.
 */
export function createStrangers(
  options: EntranceOptions,
): (name: string) => Entrance {
  const common = createEntrance(STRANGER, options);
  const salt = randomBytes(32).toString('hex');
  const shares = Array.from({ length: SHARES }, (_, share): Entrance => {
    // No sender has such a name.
    const key = `#${share}`;
    return {
      ...common,
      sender: undefined,
      key,
      rate: { count: address => common.rate.count(`${key} ${address}`) },
      places: createPlaces({ count: STRANGER.concurrency, now: options.now }),
    };
  });
  return name => shares[firstByte(hash('sha256', salt + name))];
}

function firstByte(hex: string): number {
  return Number.parseInt(hex.slice(0, 2), 16);
}
