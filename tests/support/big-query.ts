/** A stand-in for BigQuery's API: a job that runs when it is asked for the first time, and is done the second; one table. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface BigQuery {
  readonly url: string;
  /** Configurations of jobs that were inserted. */
  readonly jobs: { readonly [part: string]: unknown }[];
  readonly asked: string[];
}

const fields = [
  { name: "name", type: "STRING", mode: "NULLABLE" },
  { name: "amount", type: "INTEGER", mode: "NULLABLE" },
];
const rows = [
  ["a", 3],
  ["b", 4],
].map((row) => ({ f: row.map((v) => ({ v: String(v) })) }));

interface Job {
  jobReference?: { jobId?: string; projectId?: string; location?: string };
  configuration?: { [part: string]: unknown };
}

export async function bigQuery(): Promise<BigQuery> {
  const jobs: { readonly [part: string]: unknown }[] = [];
  const asked: string[] = [];
  const looks = new Map<string, number>();
  const known = new Map<string, Job>();
  const jobAnswer = (id: string): unknown => {
    const seen = looks.get(id) ?? 0;
    looks.set(id, seen + 1);
    const now = String(Date.now());
    return {
      ...known.get(id),
      kind: "bigquery#job",
      id: `shop:EU.${id}`,
      status: { state: seen === 0 ? "RUNNING" : "DONE" },
      statistics: { creationTime: now, startTime: now, endTime: now, query: { statementType: "SELECT" } },
    };
  };
  const answerOf = (method: string, path: string, body: Job | null): unknown => {
    if (path === "/token") return { access_token: "t", expires_in: 3600, token_type: "Bearer" };
    if (method === "POST" && path.endsWith("/jobs")) {
      const id = body?.jobReference?.jobId ?? "job";
      known.set(id, { ...body, jobReference: { projectId: "shop", location: "EU", jobId: id } });
      jobs.push(body?.configuration ?? {});
      return jobAnswer(id);
    }
    const job = /\/jobs\/([^/?]+)$/.exec(path)?.[1];
    if (job !== undefined) return jobAnswer(job);
    const query = /\/queries\/([^/?]+)$/.exec(path)?.[1];
    const result = { schema: { fields }, rows, totalRows: String(rows.length) };
    if (query !== undefined)
      return {
        jobComplete: true,
        jobReference: { projectId: "shop", jobId: query, location: "EU" },
        ...result,
      };
    if (path.endsWith("/data")) return result;
    if (/\/tables\/[^/]+$/.test(path))
      return {
        tableReference: { projectId: "shop", datasetId: "sales", tableId: "top" },
        schema: { fields },
        numRows: String(rows.length),
        type: "TABLE",
      };
    return null;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await textOf(request);
    const path = new URL(request.url ?? "", "http://x").pathname;
    asked.push(`${request.method} ${path}`);
    const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
    const answer = answerOf(
      request.method ?? "",
      path,
      isJson && text !== "" ? (JSON.parse(text) as Job) : null,
    );
    response.writeHead(answer === null ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { error: { code: 404, message: `no ${path}` } }));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, jobs, asked };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
