/**
 * What protects people's browsers: the server answers to its own names only (else a foreign name that is pointed at
 * this machine would pass for our page), takes changes from its own page only, and tells the browser what the page
 * may load and who may frame it.
 */
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import type { ApiApp } from "./app.ts";
import { HttpProblem } from "./http-problem.ts";
import { InvalidRequest } from "./invalid-request.ts";
import type { ApiParts } from "./parts.ts";
import { publicAddress } from "./public-address.ts";

/** The graph's layout is WebAssembly; editors and charts set styles on elements. No script but from our files. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const fixedHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

export function protectBrowsers(app: ApiApp, { config }: ApiParts): void {
  const hosts = allowedHosts(config);
  app.addHook("onRequest", async (request) => {
    if (request.url.includes("%00")) throw nulInAddress();
    requireKnownHost(request, hosts);
    requireOwnOrigin(request, config);
  });
  app.addHook("onSend", async (request, reply) => {
    // Files of users are not of our page: their routes send a stricter policy.
    const own = reply.getHeader("content-security-policy");
    reply.headers(fixedHeaders);
    if (own !== undefined) reply.header("content-security-policy", own);
    if (String(own).includes("frame-ancestors 'self'")) reply.header("x-frame-options", "SAMEORIGIN");
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    if (request.protocol === "https") reply.header("strict-transport-security", "max-age=31536000");
  });
}

/** PostgreSQL has no such texts. */
function nulInAddress(): InvalidRequest {
  const complaint = {
    type: "value_error",
    loc: ["path"],
    msg: "Value error, U+0000 is not allowed",
    input: null,
  };
  return new InvalidRequest([complaint]);
}

function allowedHosts({ api }: Config): readonly string[] {
  const named = api.allowedHosts.split(",").map((name) => name.trim().toLowerCase());
  const base = URL.canParse(api.baseUrl) ? new URL(api.baseUrl).hostname : "";
  return [...named, base, api.host, hostname().toLowerCase()].filter((name) => name !== "");
}

function requireKnownHost(request: FastifyRequest, hosts: readonly string[]): void {
  const name = request.hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  // Nobody else can point an address or a single word (a service's name in a cluster) at this machine.
  if (isIP(name) > 0 || !name.includes(".") || name.endsWith(".localhost") || hosts.includes("*")) return;
  if (hosts.some((host) => host === name || (host.startsWith(".") && name.endsWith(host)))) return;
  throw new HttpProblem(
    421,
    `expected one of this server's names, got the host ${name}: set api.base_url or api.allowed_hosts`,
  );
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whoever sends `Authorization` is a program, or a page that was given a secret on purpose. */
function requireOwnOrigin(request: FastifyRequest, config: Config): void {
  const { origin, authorization, "sec-fetch-site": site } = request.headers;
  if (safeMethods.has(request.method) || authorization !== undefined) return;
  const own = [new URL(publicAddress(request, config)).origin, `${request.protocol}://${request.host}`];
  const foreign = origin !== undefined && !own.includes(origin);
  if (foreign || site === "cross-site")
    throw new HttpProblem(
      403,
      `expected a change from this server's own page, got one from ${origin ?? site}`,
    );
}
