/**
 * The page itself: files with their hash in the name, kept by browsers for ever, and one document for every address
 * that is a view's. Files are read once; the build has compressed them. The document says who looks.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { pathPrefix } from "../public-address.ts";
import { sessionOf } from "./page-session.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Views of the page; what is under them is a view, too. */
const views = [
  "/",
  "/dags",
  "/dags/*",
  "/dag_runs",
  "/task_instances",
  "/xcoms",
  "/assets",
  "/assets/*",
  "/deployments",
  "/deployments/*",
  "/checks",
  "/checks/*",
  "/features",
  "/features/*",
  "/lineage",
  "/required_actions",
  "/import_errors",
  "/experiments",
  "/experiments/*",
  "/compare-runs",
  "/tracked-runs/*",
  "/models",
  "/models/*",
  "/studies",
  "/studies/*",
  "/pools",
  "/variables",
  "/connections",
  "/users",
  "/tokens",
  "/providers",
  "/configs",
  "/jobs",
  "/plugins",
  "/events",
  "/login",
] as const;

/** Beside the sources it is in `dist/ui`, in the published package in `ui`; null where it was not built. */
export function pageFolder(): string | null {
  const root = join(import.meta.dirname, "../../..");
  return (
    [join(root, "dist/ui"), join(root, "ui")].find((folder) => existsSync(join(folder, "static"))) ?? null
  );
}

export interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer | null;
  readonly brotli: Buffer | null;
}

export function registerPageFiles(app: ApiApp, parts: ApiParts): void {
  const folder = pageFolder();
  const prefix = pathPrefix(parts.config);
  const cache = new Map<string, PageFile | null>();
  const fileOf = (name: string): PageFile | null => {
    let file = cache.get(name);
    if (file === undefined) {
      file = folder === null ? null : readPageFile(folder, name, prefix);
      cache.set(name, file);
    }
    return file;
  };
  const known = new Set(folder === null ? [] : readdirSync(join(folder, "static")));
  app.get(
    "/static/:name",
    { config: { access: "public" }, schema: { hide: true, params: z.object({ name: z.string() }) } },
    (request, reply) => {
      const { name } = request.params;
      // Only names that the build made are files: none leads out of the folder.
      if (!known.has(name)) return reply.code(404).send();
      reply.header("cache-control", "public, max-age=31536000, immutable");
      return send(fileOf(`static/${name}`), request, reply);
    },
  );
  for (const view of views)
    app.get(view, { config: { access: "public" }, schema: { hide: true } }, (request, reply) =>
      sendDocument(fileOf("index.html"), parts, request, reply),
    );
}

function readPageFile(folder: string, name: string, prefix: string): PageFile | null {
  const path = join(folder, name);
  if (!existsSync(path) || !statSync(path).isFile()) return null;
  const type = types[extname(name)] ?? "application/octet-stream";
  const plain = name === "index.html" ? withPrefix(readFileSync(path, "utf8"), prefix) : readFileSync(path);
  return { type, plain, gzip: readIfThere(`${path}.gz`), brotli: readIfThere(`${path}.br`) };
}

const readIfThere = (path: string): Buffer | null => (existsSync(path) ? readFileSync(path) : null);

/** Files that the document names are where it is mounted, and the page is told where that is. */
function withPrefix(html: string, prefix: string): Buffer {
  const base = attribute(`${prefix.replace(/\/$/, "")}/`);
  return Buffer.from(
    html
      .replaceAll('="./', `="${base}`)
      .replace('name="base-path" content="/"', `name="base-path" content="${base}"`),
  );
}

const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** With who looks in it, so that the page's first question is already for what it shows. */
async function sendDocument(
  file: PageFile | null,
  parts: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (file === null)
    return reply
      .code(503)
      .type("text/plain; charset=utf-8")
      .send("The page is not built. `npm start` builds it; the API answers without it.\n");
  // Without the database the document is sent all the same: the page asks by itself, and says what is wrong.
  const session = await sessionOf(parts, request.user).catch(() => null);
  const known = session === null ? "" : attribute(JSON.stringify(session));
  // Its files are named by hash: an old document would ask for files that are gone. And it is one person's.
  reply.header("cache-control", "private, no-cache").type(file.type);
  return reply.send(
    file.plain.toString().replace('name="session" content=""', () => `name="session" content="${known}"`),
  );
}

function send(file: PageFile | null, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (file === null) return reply.code(404).send();
  const accepted = String(request.headers["accept-encoding"] ?? "");
  reply.header("content-type", file.type).header("vary", "accept-encoding");
  if (file.brotli !== null && /\bbr\b/.test(accepted))
    return reply.header("content-encoding", "br").send(file.brotli);
  if (file.gzip !== null && /\bgzip\b/.test(accepted))
    return reply.header("content-encoding", "gzip").send(file.gzip);
  return reply.send(file.plain);
}
