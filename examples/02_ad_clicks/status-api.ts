/**
 * A small HTTP server as a task: it shows how the last finished run of `ad_clicks` ended, until it is stopped.
 *
 *   GET /api       redirects to /success or /failure
 *   GET /success   a page
 *   GET /failure   a page
 *   GET /health    {"status": "ok", "lastRun": …}
 *   POST /stop     ends the server, and the task with success
 *
 * Marking the task or its run ends the server too: the attempt's signal fires, and the server closes.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Dag, getClient, getContext, Param } from "tradewind";

export const adClicksApi = new Dag("ad_clicks_api", {
  description: "Serve the state of the ad-click pipeline",
  schedule: null,
  startDate: "2024-01-01",
  tags: ["api"],
  maxActiveRuns: 1,
  params: {
    port: new Param(5555, {
      type: "integer",
      minimum: 0,
      maximum: 65535,
      description: "0 takes any free port",
    }),
  },
});

adClicksApi.task("serve", serveStatus)();

interface LastRun {
  runId: string;
  state: string;
}

/** Serves until `POST /stop` or until the attempt is told to end; returns how many requests it answered. */
export async function serveStatus(): Promise<number> {
  const { params, logger, signal } = getContext();
  // Taken here, where the attempt is known: a request comes from outside of it.
  const client = getClient();
  const lastRun = async (): Promise<LastRun | null> => {
    const query = {
      dagId: "ad_clicks",
      states: ["success", "failed"],
      orderBy: "-runAfter",
      limit: 1,
    } as const;
    const [run] = await client.listDagRuns(query);
    return run === undefined ? null : { runId: run.runId, state: run.state };
  };
  const pages = {
    "/success": await readFile(join(import.meta.dirname, "pages/success.html"), "utf8"),
    "/failure": await readFile(join(import.meta.dirname, "pages/failure.html"), "utf8"),
  };
  const stopped = Promise.withResolvers<void>();
  let answered = 0;
  const server = createServer((request, response) => {
    answered++;
    answer(request, response, pages, lastRun, stopped.resolve).catch((error: unknown) => {
      logger.error(`could not answer ${request.url}: ${String(error)}`);
      response.writeHead(500).end("the state of the last run is not known\n");
    });
  });
  server.listen(Number(params["port"]), "127.0.0.1");
  server.on("error", stopped.reject);
  server.on("listening", () => logger.info("serving", { address: server.address() }));
  signal.addEventListener("abort", () => stopped.resolve(), { once: true });
  try {
    await stopped.promise;
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return answered;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Record<"/success" | "/failure", string>,
  lastRun: () => Promise<LastRun | null>,
  stop: () => void,
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (path === "/success" || path === "/failure") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(pages[path]);
  } else if (path === "/api") {
    const run = await lastRun();
    if (run === null) response.writeHead(404).end("no run of ad_clicks has finished yet\n");
    else response.writeHead(302, { location: run.state === "success" ? "/success" : "/failure" }).end();
  } else if (path === "/health") {
    const body = JSON.stringify({ status: "ok", lastRun: await lastRun() });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  } else if (path === "/stop" && request.method === "POST") {
    response.writeHead(202, { connection: "close" }).end("stopping\n", stop);
  } else {
    response.writeHead(404).end("there are /api, /success, /failure and /health\n");
  }
}
