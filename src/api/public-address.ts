/** Where people reach the server: behind a proxy under another name, and perhaps under a path. */
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";

/** Path of `api.base_url` without a slash at its end; "" where there is none. */
export function pathPrefix(config: Config): string {
  const { baseUrl } = config.api;
  return URL.canParse(baseUrl) ? new URL(baseUrl).pathname.replace(/\/+$/, "") : "";
}

/** As `https://example.org/tradewind`, without a slash at its end. */
export function publicAddress(request: FastifyRequest, config: Config): string {
  const { baseUrl } = config.api;
  if (baseUrl !== "") return baseUrl.replace(/\/+$/, "");
  return `${request.protocol}://${request.host}`;
}

/** The path within the server: proxies may strip the prefix or leave it. */
export function withoutPrefix(url: string, prefix: string): string {
  if (prefix === "" || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest === "" ? "/" : rest.startsWith("/") || rest.startsWith("?") ? rest.replace(/^\?/, "/?") : url;
}

/** A path of our own to go on with after the sign-in; anything else is the start page. */
export function ownPath(next: string | undefined, prefix: string): string {
  const home = `${prefix}/`;
  // "//host" and "/\host" are other servers to a browser; control characters are left out by it.
  return next !== undefined && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next) ? next : home;
}
