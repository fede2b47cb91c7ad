/**
 * Which addresses a request on somebody's behalf may go to: those of the public internet. A name is looked up by the
 * connection itself, and what the look-up gave is what is connected to, so that a name cannot answer twice.
 */
import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { TradewindError } from "../../errors.ts";

/** IANA's special-purpose registries: not reachable from everywhere, or not one host. */
const blocked = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  blocked.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 127],
  // IPv4 within IPv6: checked as IPv4 by BlockList where it is mapped, refused where it is translated.
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  blocked.addSubnet(network, prefix, "ipv6");

export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !blocked.check(address, family === 6 ? "ipv6" : "ipv4");
}

export function refusePrivate(host: string): TradewindError {
  return new TradewindError(
    "TW_WEBHOOK_URL",
    `expected a webhook's URL to lead to a public address, got ${host}, which does not`,
    { hint: "tracking.webhooks_anywhere allows addresses of your own network" },
  );
}

/** For `lookup` of a request: fails when one of the name's addresses is not public. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, "", 0);
    const [first] = addresses;
    if (first === undefined || addresses.some(({ address }) => !isPublicAddress(address)))
      return callback(refusePrivate(hostname), "", 0);
    if (options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/**
 * @param anywhere Private addresses too, and plain http.
 * @throws TradewindError TW_WEBHOOK_URL.
 */
export function requireWebhookUrl(text: string, anywhere: boolean): URL {
  const refuse = (got: string): TradewindError =>
    new TradewindError(
      "TW_WEBHOOK_URL",
      `Invalid webhook URL: expected ${anywhere ? "http:// or https://" : "https://"} and a host, got ${got}`,
    );
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== "" || url.password !== "")
    throw refuse(JSON.stringify(text.slice(0, 200)));
  if (url.protocol !== "https:" && !(anywhere && url.protocol === "http:")) throw refuse(`${url.protocol}//`);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!anywhere && ((isIP(host) !== 0 && !isPublicAddress(host)) || /(^|\.)localhost$/i.test(host)))
    throw refusePrivate(host);
  return url;
}
