import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const elsewhere = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  elsewhere.addSubnet(network, prefix, "ipv4");
}
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
// Inside it: documentation, and what wraps an IPv4 address or a tunnel (Teredo, 6to4, ORCHID).
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  elsewhere.addSubnet(network, prefix, "ipv6");
}
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an address is this machine's own: of these only a server that is there itself may name one. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/**
 * Whether an IP address is one on the internet: neither of this machine, nor of a private network or a link, nor set aside.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !elsewhere.check(address, "ipv4") && !isLoopback(address);
  return isIP(address) === 6 && global6.check(address, "ipv6") && !elsewhere.check(address, "ipv6");
}

/** Thrown where a name leads to an address that must not be asked. */
export class PrivateAddress extends Error {
  readonly code = "PRIVATE_ADDRESS";
}

/** Resolves names for a connection, and refuses when one of the addresses is not permitted: it connects to no other than it checked. */
export function guardedLookup(permitted: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refused = addresses?.find(({ address }) => !permitted(address));
      const failure = error ?? (refused === undefined ? null : new PrivateAddress(`${hostname} is ${refused.address}`));
      if (failure !== null || options.all === true) return callback(failure, failure === null ? addresses : []);
      const [first]: (LookupAddress | undefined)[] = addresses;
      callback(null, first?.address ?? "", first?.family);
    });
  };
}
