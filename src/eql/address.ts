import { isIPv4, isIPv6 } from 'node:net';

/** Addresses from `low` to `high`, both included, in IPv6's 128 bits. */
export interface Network {
  readonly low: bigint;
  readonly high: bigint;
}

const BITS = 128;
/** IPv4 addresses are taken as their IPv4-mapped IPv6 ones (RFC 4291, 2.5.5.2), so both kinds compare. */
const MAPPED = 0xffff_0000_0000n;
const MAPPED_BITS = 96;

/** The address as a number of 128 bits, or undefined where the text is none. A zone is not an address. */
export function readAddress(text: string): bigint | undefined {
  if (isIPv4(text)) return MAPPED + ipv4Bits(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  if (!tail.includes('.')) return ipv6Bits(text);
  const bits = ipv4Bits(tail);
  const groups = `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  return ipv6Bits(text.slice(0, lastColon + 1) + groups);
}

function ipv4Bits(text: string): bigint {
  return BigInt(text.split('.').reduce((bits, part) => bits * 256 + Number(part), 0));
}

function ipv6Bits(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const groups = [...front, ...zeros, ...back];
  return groups.reduce((bits, group) => (bits << 16n) + BigInt(`0x${group}`), 0n);
}

/** The network that `address` or `address/bits` names, or undefined. Bits behind the prefix are ignored. */
export function readNetwork(text: string): Network | undefined {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = readAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  if (prefix === undefined) return { low: address, high: address };
  const width = isIPv4(host) ? 32 : BITS;
  if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > width) return undefined;
  const fixed = Number(prefix) + (width === 32 ? MAPPED_BITS : 0);
  const free = (1n << BigInt(BITS - fixed)) - 1n;
  const low = (address | free) - free;
  return { low, high: low + free };
}
