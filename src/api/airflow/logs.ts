/** …/logs/{try}: what an attempt wrote, page by page or as a stream of lines. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import { isFinished } from "../../core/states.ts";
import type { LogRecord } from "../../logs/log-record.ts";
import { readLog } from "../../logs/read-log.ts";
import { attemptLogPath } from "../../scheduler/workload.ts";
import type { Secrets } from "../../store/secrets.ts";
import { listTries, type TryRow } from "../../store/task-instance-history.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { accepted } from "./accept.ts";
import type { AirflowContext } from "./context.ts";
import { instanceUuid } from "./ids.ts";
import { instancesAt } from "./instance-changes.ts";
import { TaskInstancesLogResponse } from "./schemas/task-instances.ts";
import { TaskPath } from "./scope.ts";

const Query = z.object({
  /** The whole log in one answer. */
  full_content: z.boolean().default(false),
  map_index: z.int().default(-1),
  token: z.string().nullable().optional(),
});

/** Lines of one answer, where the whole is not asked for. */
const pageLines = 10_000;

export function registerLogs(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/logs/:try_number",
    {
      config: { access: can("read", "Task Logs") },
      schema: {
        operationId: "get_log",
        tags: ["Task Instance"],
        params: TaskPath.extend({ try_number: z.int().min(0) }),
        querystring: Query,
        response: { 200: TaskInstancesLogResponse },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const { secrets } = context.parts;
      const place =
        query.token == null ? { from: 0, full: query.full_content } : readToken(secrets, query.token);
      const attempt = await attemptOf(context, params, query.map_index, params.try_number);
      const path = join(context.parts.config.paths.logs, attempt.path);
      if (accepted(request, ["application/json", "application/x-ndjson"]) === "application/x-ndjson") {
        reply.header("content-type", "application/x-ndjson");
        return reply.send(Readable.from(lines(path, place.from, attempt.fields)) as never);
      }
      const page = await readLog(path, { from: place.from, ...(place.full ? {} : { limit: pageLines }) });
      const isEnd = page.atEnd && attempt.isOver;
      return {
        content: page.records.map((record) => recordAnswer(record, attempt.fields)),
        continuation_token: isEnd ? null : writeToken(secrets, { from: page.next, full: place.full }),
      };
    },
  );
}

/** @throws HttpProblem 404. */
async function attemptOf(
  context: AirflowContext,
  at: z.output<typeof TaskPath>,
  mapIndex: number,
  tryNumber: number,
): Promise<{ path: string; isOver: boolean; fields: AttemptFields }> {
  const [instance] = await instancesAt(context, at, mapIndex).catch(() => []);
  if (instance === undefined) throw new HttpProblem(404, "TaskInstance not found");
  const { dagId, runId, taskId } = instance;
  const tries: readonly Pick<TryRow, "tryNumber" | "state">[] = await listTries(context.database, instance);
  // Before its first try an instance has a log that is empty.
  const found = [...tries, instance].find((one) => one.tryNumber === tryNumber);
  if (found === undefined) throw new HttpProblem(404, "TaskInstance not found");
  const isOver = tryNumber < instance.tryNumber || isFinished(found.state) || found.state === "up_for_retry";
  const fields = {
    dag_id: dagId,
    task_id: taskId,
    run_id: runId,
    map_index: mapIndex,
    try_number: tryNumber,
    ti_id: instanceUuid(instance),
  };
  return { path: attemptLogPath({ dagId, runId, taskId, mapIndex, tryNumber }), isOver, fields };
}

/** Stand on every line, so that one that is taken out of its log still says where it is from. */
interface AttemptFields {
  readonly dag_id: string;
  readonly task_id: string;
  readonly run_id: string;
  readonly map_index: number;
  readonly try_number: number;
  readonly ti_id: string;
}

async function* lines(path: string, from: number, fields: AttemptFields): AsyncGenerator<string> {
  for (let offset = from; ; ) {
    const page = await readLog(path, { from: offset, limit: 1000 });
    if (page.records.length > 0)
      yield page.records.map((record) => `${JSON.stringify(recordAnswer(record, fields))}\n`).join("");
    if (page.atEnd) return;
    offset = page.next;
  }
}

/** Airflow's names for the fields of a line that both have. */
function recordAnswer(
  { time, message, ...rest }: LogRecord,
  fields: AttemptFields,
): { event: string; timestamp: string | null } {
  return { timestamp: time === "" ? null : time, event: message, ...fields, ...rest };
}

interface LogPlace {
  readonly from: number;
  readonly full: boolean;
}

const tokenPlace = "api/log-token";

function writeToken(secrets: Secrets, { from, full }: LogPlace): string {
  return secrets.seal(JSON.stringify([from, full]), tokenPlace).toString("base64url");
}

/** @throws HttpProblem 400 for a token that is none of ours. */
function readToken(secrets: Secrets, token: string): LogPlace {
  try {
    const [from, full] = JSON.parse(secrets.open(Buffer.from(token, "base64url"), tokenPlace)) as [
      number,
      boolean,
    ];
    return { from, full };
  } catch {
    throw new HttpProblem(400, "Bad Signature. Please use only the tokens provided by the API.");
  }
}
