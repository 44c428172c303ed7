import { ipKeyGenerator } from 'express-rate-limit';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddress from 'proxy-addr';
import type { SenderSettings } from '../config/settings';
import { createNetworkMatcher, plainAddress } from './networks';

/** Where a request comes from, as far as those who stand in front are believed. */
export type AddressReader = (req: IncomingMessage) => string | undefined;

type TrustProxy = SenderSettings['trustProxy'];

export function createAddressReader(trustProxy: TrustProxy): AddressReader {
  if (trustProxy === false) {
    return req => req.socket.remoteAddress;
  }
  const trust =
    typeof trustProxy === 'number'
      ? (_address: string, hop: number) => hop < trustProxy
      : createNetworkMatcher(trustProxy);
  return req =>
    req.socket.remoteAddress === undefined
      ? undefined
      : proxyAddress(req, trust);
}

/** Who is believed of callers that no sender speaks for: those whom all senders believe. */
export function commonTrust(
  senders: Array<Pick<SenderSettings, 'trustProxy'>>,
): TrustProxy {
  const [first, ...others] = senders.map(({ trustProxy }) => trustProxy);
  const agreed = others.every(
    other => JSON.stringify(other) === JSON.stringify(first),
  );
  return (agreed && first) || false;
}

/** Keys are remembered for so many addresses. */
const MAX_REMEMBERED = 1_000;

/**
 * What an address counts as in a limit: of IPv6 the network that one customer
 * usually has, since its addresses can be changed at will. Remembered, since
 * to work it out takes longer than an HMAC.
 */
export function createAddressKeys(): (address: string | undefined) => string {
  const keys = new Map<string, string>();
  return address => {
    if (address === undefined || isIP(address) === 0) {
      return '';
    }
    const known = keys.get(address);
    if (known !== undefined) {
      return known;
    }
    if (keys.size >= MAX_REMEMBERED) {
      keys.clear();
    }
    const key = ipKeyGenerator(plainAddress(address));
    keys.set(address, key);
    return key;
  };
}
