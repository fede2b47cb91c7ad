/** /jobs: the long-lived processes. */
import { userInfo } from "node:os";
import { z } from "zod";
import type { JobKind, JobRow } from "../../store/jobs.ts";
import { jobListColumns, listJobRows } from "../../store/lists/records.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { AirflowContext } from "./context.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { instantRange, OptionalText, rangeOf } from "./ranges.ts";
import { JobCollectionResponse, type JobResponse } from "./schemas/task-instances.ts";

/** Airflow's names of the kinds that it has too. */
const kinds: Readonly<Record<JobKind, string>> = {
  scheduler: "SchedulerJob",
  triggerer: "TriggererJob",
  "dag-processor": "DagProcessorJob",
  worker: "WorkerJob",
  api: "ApiServerJob",
};

const ListQuery = OrderedQuery.extend({
  is_alive: z.boolean().nullable().optional(),
  ...instantRange("start_date"),
  ...instantRange("end_date"),
  job_state: OptionalText,
  job_type: OptionalText,
  hostname: OptionalText,
  executor_class: OptionalText,
});

const orders: Orders<typeof jobListColumns> = {
  columns: jobListColumns,
  names: {
    id: ["id"],
    state: ["state"],
    job_type: ["job_type"],
    start_date: ["start_date"],
    end_date: ["end_date"],
    latest_heartbeat: ["latest_heartbeat"],
    hostname: ["hostname"],
    dag_id: ["id"],
    executor_class: ["job_type"],
    unixname: ["hostname"],
  },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

export function jobAnswer(job: JobRow): z.output<typeof JobResponse> {
  return {
    id: job.id,
    dag_id: null,
    state: job.state,
    job_type: kinds[job.kind],
    start_date: isoDate(job.startedAt),
    end_date: isoDate(job.endedAt),
    latest_heartbeat: isoDate(job.latestHeartbeat),
    executor_class: job.kind === "scheduler" ? "LocalExecutor" : null,
    hostname: job.hostname,
    unixname: userInfo().username,
    dag_display_name: null,
  };
}

export function registerJobs(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/jobs",
    {
      config: { access: can("read", "Jobs") },
      schema: {
        operationId: "get_jobs",
        tags: ["Job"],
        querystring: ListQuery,
        response: { 200: JobCollectionResponse },
      },
    },
    async ({ query }) => {
      const { healthCheckThreshold } = context.parts.config.scheduler;
      const now = context.now();
      const filter = {
        state: query.job_state,
        kind: query.job_type == null ? null : kindOf(query.job_type),
        hostname: query.hostname,
        aliveSince: query.is_alive === true ? now - healthCheckThreshold * 1000 : null,
        startDate: rangeOf(query, "start_date"),
        endDate: rangeOf(query, "end_date"),
      };
      const { rows, total } = await listJobRows(context.database, filter, pageOf(query, orders), now);
      return { jobs: rows.map(jobAnswer), total_entries: total };
    },
  );
}

function kindOf(name: string): string {
  return Object.entries(kinds).find(([, asked]) => asked === name)?.[0] ?? name;
}
