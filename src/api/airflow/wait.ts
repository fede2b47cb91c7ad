/** …/wait: the state of a run, line by line, until it has ended, and then what its tasks returned. */
import { Readable } from "node:stream";
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import { findDagRun } from "../../store/dag-runs.ts";
import { readXComs } from "../../store/xcoms.ts";
import { delay } from "../../time.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { knownRun } from "./run-answers.ts";
import { RunPath } from "./scope.ts";
import { xcomValue } from "./xcom-value.ts";

const Query = z.object({
  /** Seconds. */
  interval: z.number().gt(0),
  result: z.array(z.string()).nullable().optional(),
});

/** Nobody asks for less often; and a timer of weeks would fire at once. */
const longestInterval = 3600;

export function registerWait(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns/:dag_run_id/wait",
    {
      config: { access: can("read", "DAG Runs") },
      schema: {
        operationId: "wait_dag_run_until_finished",
        tags: ["DagRun", "experimental"],
        params: RunPath,
        querystring: Query,
      },
    },
    async (request, reply) => {
      const { params, query, user } = request;
      const { dag_id: dagId, dag_run_id: runId } = params;
      const taskIds = query.result ?? [];
      if (taskIds.length > 0 && !user.permissions.may("read", "XComs", dagId))
        throw new HttpProblem(403, "User is not authorized to read XCom data for this Dag");
      await knownRun(context, dagId, runId);
      const gone = new AbortController();
      request.raw.once("close", () => gone.abort());
      const intervalMs = Math.min(query.interval, longestInterval) * 1000;
      reply.header("content-type", "application/x-ndjson");
      return reply.send(Readable.from(lines(context, { dagId, runId, taskIds, intervalMs }, gone.signal)));
    },
  );
}

interface Waited {
  readonly dagId: string;
  readonly runId: string;
  readonly taskIds: readonly string[];
  readonly intervalMs: number;
}

async function* lines(context: AirflowContext, of: Waited, gone: AbortSignal): AsyncGenerator<string> {
  while (!gone.aborted) {
    const run = await findDagRun(context.database, of.dagId, of.runId);
    // Deleted while somebody waits for it: there is no state to tell.
    if (run === null) return;
    const isOver = run.state === "success" || run.state === "failed";
    const results = isOver && of.taskIds.length > 0 ? await resultsOf(context, run.id, of.taskIds) : {};
    const more = Object.keys(results).length === 0 ? {} : { results };
    yield `${JSON.stringify({ state: run.state, ...more })}\n`;
    if (isOver) return;
    await delay(of.intervalMs, gone);
  }
}

/** By task; a list of all that its instances returned where it is mapped. */
async function resultsOf(
  context: AirflowContext,
  runPk: number,
  taskIds: readonly string[],
): Promise<{ [taskId: string]: Json }> {
  const rows = await readXComs(context.database, { runPk, taskIds, key: "return_value" });
  const results: { [taskId: string]: Json } = {};
  for (const row of rows) {
    const value = await xcomValue(context.parts, row);
    if (row.mapIndex < 0) results[row.taskId] = value;
    else results[row.taskId] = [...((results[row.taskId] as Json[] | undefined) ?? []), value];
  }
  return results;
}
