import ipaddr from 'ipaddr.js';
import { list } from './containers';
import { checkedText, quote } from './values';

const FORM = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/;
/** `::ffff:0:0/96`, which stands for all of IPv4. */
const MAPPED_BITS = 96;

interface Block {
  address: ipaddr.IPv4 | ipaddr.IPv6;
  prefix: number;
}

/** An address or a CIDR block of IPv4 or IPv6, read as a block. */
export const network = checkedText(describeBadNetwork).transform(value =>
  format(readBlock(value)!),
);

/** Each once. */
export const networks = list(network).transform(value => [...new Set(value)]);

function describeBadNetwork(value: string): string | undefined {
  const read = readBlock(value);
  if (!read) {
    return `${quote(
      value,
    )} is not an address or a CIDR block; try "10.0.0.0/8", "203.0.113.7" or "2001:db8::/32"`;
  }
  const start = firstOf(read);
  return start.toString() === read.address.toString()
    ? undefined
    : `${quote(value)} is an address and not a block; write ${quote(
        format({ ...read, address: start }),
      )}, or the address alone`;
}

function readBlock(value: string): Block | undefined {
  const [, address, given] = FORM.exec(value) ?? [];
  const parsed = parseAddress(address);
  const bits = parsed?.kind() === 'ipv4' ? 32 : 128;
  const prefix = given === undefined ? bits : Number(given);
  return parsed && prefix <= bits
    ? unmap({ address: parsed, prefix })
    : undefined;
}

/** Strictly: what the library would also take, as `10.1` or `010.0.0.1`, others read in another way. */
function parseAddress(value = ''): Block['address'] | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(value)) {
    return ipaddr.IPv4.parse(value);
  }
  return ipaddr.IPv6.isValid(value) ? ipaddr.IPv6.parse(value) : undefined;
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4. */
function unmap({ address, prefix }: Block): Block {
  return address instanceof ipaddr.IPv6 &&
    address.isIPv4MappedAddress() &&
    prefix >= MAPPED_BITS
    ? { address: address.toIPv4Address(), prefix: prefix - MAPPED_BITS }
    : { address, prefix };
}

function firstOf(read: Block): Block['address'] {
  return read.address instanceof ipaddr.IPv4
    ? ipaddr.IPv4.networkAddressFromCIDR(format(read))
    : ipaddr.IPv6.networkAddressFromCIDR(format(read));
}

function format({ address, prefix }: Block): string {
  return `${address}/${prefix}`;
}
