import ipaddr from 'ipaddr.js';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddress from 'proxy-addr';
import type { SenderSettings } from '../config/sender';

/** The address that a request comes from, as far as the proxies in front are trusted. */
export type AddressReader = (req: IncomingMessage) => string | undefined;

export function createAddressReader(
  trustProxy: SenderSettings['trustProxy'],
): AddressReader {
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

/**
 * Whether an address is in one of several CIDR blocks. An IPv4 address that
 * came as IPv6 (`::ffff:10.0.0.1`) counts as IPv4. What is no address is in no
 * network.
 */
export function createNetworkMatcher(
  networks: string[],
): (address: string | undefined) => boolean {
  const blocks = networks.map(each => ipaddr.parseCIDR(each));
  return address => {
    const parsed = parseAddress(address);
    return blocks.some(
      ([network, bits]) =>
        network.kind() === parsed?.kind() && parsed.match(network, bits),
    );
  };
}

/** The first 56 bits of an IPv6 address are the network that one customer usually has. */
const CUSTOMER_BYTES = 7;

/**
 * What an address counts as in a limit: of IPv6 the customer's network, since
 * the addresses in it can be changed at will. What is no address counts as one.
 */
export function limitKeyOf(address: string | undefined): string {
  const bytes = parseAddress(address)?.toByteArray() ?? [];
  return bytes.slice(0, CUSTOMER_BYTES).join('.');
}

/** An address as logs show it: parsed, since a header may have any text in its place. */
export function plainAddress(address: string | undefined): string | undefined {
  // Of its bytes alone: IPv6 may have a zone, which is a text.
  const bytes = parseAddress(address)?.toByteArray();
  return bytes && ipaddr.fromByteArray(bytes).toString();
}

/** Strictly: ipaddr.js would also read `10.1` and `010.0.0.1`. */
function parseAddress(address: string | undefined) {
  return address !== undefined && isIP(address) !== 0
    ? ipaddr.process(address)
    : undefined;
}
