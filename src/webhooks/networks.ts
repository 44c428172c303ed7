import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address that came as IPv6 (`::ffff:10.0.0.1`) in its own form. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/**
 * Whether an address is in one of several CIDR blocks. An IPv4 address that
 * came as IPv6 counts as IPv4, and what is no address is in no network.
 */
export function createNetworkMatcher(
  networks: string[],
): (address: string | undefined) => boolean {
  const blocks = networks.map(readBlock);
  return given => {
    const address = given === undefined ? '' : plainAddress(given);
    // Strictly: ipaddr.js would also read `10.1` and `010.0.0.1`.
    if (isIP(address) === 0) {
      return false;
    }
    const parsed = ipaddr.process(address);
    return blocks.some(
      ([network, bits]) =>
        network.kind() === parsed.kind() && parsed.match(network, bits),
    );
  };
}

function readBlock(network: string): Block {
  if (network.includes('/')) {
    return ipaddr.parseCIDR(network);
  }
  const address = ipaddr.process(network);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
