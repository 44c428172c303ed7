import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { checkedText, flag, uniqueList, wholeNumber } from './primitives';

interface Block {
  address: ipaddr.IPv4 | ipaddr.IPv6;
  prefix: number;
}

/** An address or a CIDR block of IPv4 or IPv6, read as a block. */
const network = checkedText(networkFault).transform(value =>
  format(readBlock(value)!),
);

export const networks = uniqueList(network);

/** No chain of proxies is longer; a high number would believe as much as `true`. */
const MAX_HOPS = 10;

const BELIEVES_ALL =
  'would believe whoever sends the header X-Forwarded-For, so that anybody could claim any address; give the number of proxies in front, a list of their networks, or false if there are none';

const NO_TRUST = `must be a whole number from 1 to ${MAX_HOPS}, a list of networks or addresses, or false`;

const hops = wholeNumber(1, MAX_HOPS);

const proxies = uniqueList(
  network.refine(block => !block.endsWith('/0'), { error: BELIEVES_ALL }),
);

const nobody = z.any().transform((value, ctx): false => {
  // "0" would be a flag too, but a number counts hops.
  const isNumber = typeof value === 'string' && /^\s*\d+\s*$/.test(value);
  const said = flag().safeParse(isNumber ? undefined : value);
  if (said.data === false) {
    return false;
  }
  const message = said.success ? BELIEVES_ALL : NO_TRUST;
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Whose `X-Forwarded-For` is believed. */
export const trustProxy = z.union([hops, proxies, nobody]);

const FORM = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/;
/** `::ffff:0:0/96`, which stands for all of IPv4. */
const MAPPED_BITS = 96;

function networkFault(value: string): string | undefined {
  const read = readBlock(value);
  if (!read) {
    return 'is not an address or a CIDR block; try "10.0.0.0/8", "203.0.113.7" or "2001:db8::/32"';
  }
  const start = firstOf(read);
  const block = format({ ...read, address: start });
  return start.toString() === read.address.toString()
    ? undefined
    : `is an address and not a block; write "${block}", or the address alone`;
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

/** Strict: the library also takes `10.1` and `010.0.0.1`, which others read differently. */
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
