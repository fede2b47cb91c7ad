/**
 * The HTTP server: sign-in, access, validation and errors for all areas, then each area's routes in a scope of its
 * own. `createApiServer` makes it, `listen` opens the port, `stop` lets open requests end.
 */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import cookies from "@fastify/cookie";
import fastify, {
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from "fastify";
import { TradewindError } from "../errors.ts";
import { registerAirflowRoutes } from "./airflow/routes.ts";
import { registerAirflow2Routes } from "./airflow2/routes.ts";
import type { ApiApp } from "./app.ts";
import { auditChanges } from "./audit.ts";
import { checkAccess } from "./auth/access.ts";
import { Auth } from "./auth/auth.ts";
import { registerFabRoles } from "./auth/fab-roles.ts";
import { registerFabUsers } from "./auth/fab-users.ts";
import { registerOidcRoutes } from "./auth/oidc-routes.ts";
import { registerAuthRoutes } from "./auth/routes.ts";
import { recogniseUsers } from "./auth/sign-in.ts";
import { limitBodies, readJsonBodies } from "./bodies.ts";
import { protectBrowsers } from "./browser-rules.ts";
import { registerCheckRoutes } from "./checks/routes.ts";
import { answerErrors, answerNotFound, type ErrorStyle } from "./error-answers.ts";
import { registerFeatureRoutes } from "./features/routes.ts";
import { registerHealthRoutes } from "./health/routes.ts";
import { registerInferenceRoutes } from "./inference/routes.ts";
import { registerLineageRoutes } from "./lineage/routes.ts";
import { registerLiveRoutes } from "./live/routes.ts";
import { registerMlflowRoutes } from "./mlflow/routes.ts";
import { registerOpenApiRoutes } from "./openapi/routes.ts";
import type { ApiParts } from "./parts.ts";
import { pathPrefix, withoutPrefix } from "./public-address.ts";
import { logRequests } from "./request-log.ts";
import { type ApiRoute, listRoutes } from "./route-table.ts";
import { registerStepCacheRoutes } from "./step-cache/routes.ts";
import { registerStudyRoutes } from "./studies/routes.ts";
import { registerUiRoutes } from "./ui/routes.ts";
import { validateWithZod } from "./validation.ts";

export interface ApiServer {
  readonly app: ApiApp;
  /** Every route, in the order in which they were registered. */
  readonly routes: readonly ApiRoute[];
  /** Opens the configured port (0: a free one) and returns the address, as `http://127.0.0.1:8080`. */
  listen(): Promise<string>;
  /** Takes no more connections and waits for open requests, at most `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** Ids of 250 characters, each of up to 4 bytes, each byte as `%XX`. */
const longestParam = 3000;
const idleTimeoutMs = 65_000;

type Register = (app: ApiApp, parts: ApiParts, auth: Auth) => void | Promise<void>;

interface Area {
  readonly style: ErrorStyle;
  readonly register: Register;
  /** Whether changes leave entries in the audit log; a training that logs its metrics would flood it. */
  readonly audited: boolean;
}

const areas: readonly Area[] = [
  { style: "airflow", audited: true, register: registerHealthRoutes },
  { style: "airflow", audited: true, register: registerAuthRoutes },
  { style: "airflow", audited: true, register: registerOidcRoutes },
  { style: "airflow", audited: true, register: registerFabRoles },
  { style: "airflow", audited: true, register: registerFabUsers },
  { style: "airflow", audited: true, register: registerAirflowRoutes },
  { style: "airflow", audited: false, register: registerStudyRoutes },
  { style: "airflow", audited: false, register: registerLineageRoutes },
  { style: "airflow", audited: false, register: registerStepCacheRoutes },
  { style: "airflow", audited: false, register: registerCheckRoutes },
  { style: "airflow", audited: false, register: registerFeatureRoutes },
  { style: "airflow", audited: false, register: registerAirflow2Routes },
  { style: "airflow", audited: true, register: registerLiveRoutes },
  { style: "airflow", audited: false, register: registerInferenceRoutes },
  { style: "airflow", audited: true, register: registerUiRoutes },
  { style: "mlflow", audited: false, register: registerMlflowRoutes },
];

/** @param more Routes beside those of the areas, answered in Airflow's style. */
export async function createApiServer(parts: ApiParts, more?: Register): Promise<ApiServer> {
  const app = makeApp(parts);
  const routes = listRoutes(app);
  validateWithZod(app);
  answerErrors(app, "airflow");
  app.setNotFoundHandler(answerNotFound);
  readJsonBodies(app);
  logRequests(app, parts);
  await app.register(cookies);
  protectBrowsers(app, parts);
  const auth = new Auth(parts);
  recogniseUsers(app, parts, auth);
  checkAccess(app);
  limitBodies(app, parts);
  registerOpenApiRoutes(app, parts, routes);
  const extra: Area[] = more === undefined ? [] : [{ style: "airflow", audited: true, register: more }];
  for (const area of [...areas, ...extra])
    await app.register(async (scope) => registerArea(scope as unknown as ApiApp, area, parts, auth));
  await app.ready();
  app.server.maxConnections = parts.config.api.maxConnections;
  return { app, routes, listen: () => listen(app, parts), stop: (graceMs) => stop(app, parts, graceMs) };
}

async function registerArea(app: ApiApp, area: Area, parts: ApiParts, auth: Auth): Promise<void> {
  answerErrors(app, area.style);
  auditChanges(app, parts, area.audited);
  await area.register(app, parts, auth);
}

function makeApp(parts: ApiParts): ApiApp {
  try {
    return fastify(serverOptions(parts)) as unknown as ApiApp;
  } catch (cause) {
    if (parts.config.api.sslCert === "" || cause instanceof TradewindError) throw cause;
    throw badCertificate(cause as Error);
  }
}

function serverOptions({ config, log }: ApiParts): FastifyServerOptions {
  const { sslCert, sslKey, maxBodyMb, trustedProxies } = config.api;
  const prefix = pathPrefix(config);
  const headersTimeout = config.api.headerTimeoutSeconds * 1000;
  // Node looks at open connections this often.
  const http = { headersTimeout, connectionsCheckingInterval: Math.min(2000, headersTimeout) };
  const options = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyMb * 1024 * 1024,
    keepAliveTimeout: idleTimeoutMs,
    // Bodies have their own limit (bodies.ts): an upload may take longer than any fixed time.
    requestTimeout: 0,
    forceCloseConnections: "idle" as const,
    routerOptions: { maxParamLength: longestParam, ignoreTrailingSlash: true },
    requestIdHeader: false as const,
    // What fails before there is a route: an address that cannot be read.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.code(error.statusCode ?? 400).send({ detail: error.message });
    },
    trustProxy: trustedProxies === "" ? false : trustedProxies,
    rewriteUrl: ({ url = "/" }: { url?: string }) => withoutPrefix(url, prefix),
    http,
  };
  if (sslCert === "" && sslKey === "") return options as FastifyServerOptions;
  return { ...options, https: { ...http, ...certificate(sslCert, sslKey) } } as FastifyServerOptions;
}

function certificate(cert: string, key: string): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (cause) {
    throw badCertificate(cause as Error);
  }
}

function badCertificate(cause: Error): TradewindError {
  return new TradewindError(
    "TW_API_CERTIFICATE",
    `api.ssl_cert and api.ssl_key: expected a certificate and its key in PEM files, got ${cause.message}`,
    { cause },
  );
}

async function listen(app: ApiApp, { config }: ApiParts): Promise<string> {
  const { host, port, allAdmins } = config.api;
  if (allAdmins && !isLoopbackName(host))
    throw new TradewindError(
      "TW_API_OPEN",
      `api.all_admins: expected api.host to be a loopback address, got ${host}, which others can reach`,
    );
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what =
      code === "EADDRINUSE"
        ? "it is taken by another program"
        : code === "EACCES"
          ? "this user may not open it"
          : (cause as Error).message;
    throw new TradewindError(
      "TW_API_PORT",
      `api.host ${host}, api.port ${port}: expected a free port, but ${what}`,
      {
        cause,
        hint: "`--port` or TRADEWIND__API__PORT chooses another",
      },
    );
  }
  const { port: opened } = app.server.address() as AddressInfo;
  const scheme = config.api.sslCert === "" ? "http" : "https";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${opened}${pathPrefix(config)}`;
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function stop(app: ApiApp, { clock }: ApiParts, graceMs = 5000): Promise<void> {
  const timer = clock.after(graceMs, () => app.server.closeAllConnections());
  try {
    await app.close();
  } finally {
    timer.cancel();
  }
}
