/** /eventLogs and /importErrors: what was done, and which Dag files cannot be read. */
import { join } from "node:path";
import { z } from "zod";
import type { ImportError } from "../../store/import-errors.ts";
import {
  type AuditRecord,
  auditListColumns,
  findAuditRecord,
  findImportError,
  importErrorListColumns,
  listAuditRecords,
  listImportErrorRows,
} from "../../store/lists/records.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { OptionalInstant, OptionalText, patterns } from "./ranges.ts";
import { ImportErrorCollectionResponse, ImportErrorResponse } from "./schemas/dags.ts";
import { EventLogCollectionResponse, EventLogResponse } from "./schemas/system.ts";

export function registerRecords(app: ApiApp, context: AirflowContext): void {
  registerEventLogs(app, context);
  registerImportErrors(app, context);
}

const texts = z.array(z.string()).nullable().optional();
const optionalInt = z.int().nullable().optional();

const EventQuery = OrderedQuery.extend({
  dag_id: OptionalText,
  task_id: OptionalText,
  run_id: OptionalText,
  map_index: optionalInt,
  try_number: optionalInt,
  owner: OptionalText,
  event: OptionalText,
  excluded_events: texts,
  included_events: texts,
  before: OptionalInstant,
  after: OptionalInstant,
  ...patterns("dag_id"),
  ...patterns("task_id"),
  ...patterns("run_id"),
  ...patterns("owner"),
  ...patterns("event"),
});

const eventOrders: Orders<typeof auditListColumns> = {
  columns: auditListColumns,
  names: {
    id: ["id"],
    event_log_id: ["id"],
    dttm: ["dttm"],
    when: ["dttm"],
    dag_id: ["dag_id"],
    task_id: ["task_id"],
    run_id: ["run_id"],
    event: ["event"],
    logical_date: ["run_id"],
    owner: ["owner"],
    extra: ["extra"],
  },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const eventLogTags = ["Event Log"];

function registerEventLogs(app: ApiApp, context: AirflowContext): void {
  registerEventLogList(app, context);
  registerEventLog(app, context);
}

function registerEventLogList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/eventLogs",
    {
      config: { access: can("read", "Audit Logs") },
      schema: {
        operationId: "get_event_logs",
        tags: eventLogTags,
        querystring: EventQuery,
        response: { 200: EventLogCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = {
        exactly: namesOf(query, ""),
        pattern: namesOf(query, "_pattern"),
        prefix: namesOf(query, "_prefix_pattern"),
        mapIndex: query.map_index,
        tryNumber: query.try_number,
        excludedEvents: query.excluded_events,
        includedEvents: query.included_events,
        when: { lt: query.before, gt: query.after },
      };
      const { rows, total } = await listAuditRecords(context.database, filter, pageOf(query, eventOrders));
      return { event_logs: rows.map(eventAnswer), total_entries: total };
    },
  );
}

function registerEventLog(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/eventLogs/:event_log_id",
    {
      config: { access: can("read", "Audit Logs") },
      schema: {
        operationId: "get_event_log",
        tags: eventLogTags,
        params: z.object({ event_log_id: z.int() }),
        response: { 200: EventLogResponse },
      },
    },
    async ({ params }) => {
      const record = await findAuditRecord(context.database, params.event_log_id);
      if (record === null)
        throw new HttpProblem(404, `The Event Log with id: \`${params.event_log_id}\` not found`);
      return eventAnswer(record);
    },
  );
}

/** The five columns that can be asked for in three ways. */
function namesOf<Suffix extends "" | "_pattern" | "_prefix_pattern">(
  query: {
    readonly [K in `${"dag_id" | "task_id" | "run_id" | "owner" | "event"}${Suffix}`]?:
      | string
      | null
      | undefined;
  },
  suffix: Suffix,
) {
  return {
    dagId: query[`dag_id${suffix}`],
    taskId: query[`task_id${suffix}`],
    runId: query[`run_id${suffix}`],
    owner: query[`owner${suffix}`],
    event: query[`event${suffix}`],
  };
}

function eventAnswer(record: AuditRecord): z.output<typeof EventLogResponse> {
  return {
    event_log_id: record.id,
    when: isoDate(record.dttm),
    dag_id: record.dagId,
    task_id: record.taskId,
    run_id: record.runId,
    map_index: record.mapIndex,
    try_number: record.tryNumber,
    event: record.event,
    logical_date: isoDate(record.logicalDate),
    owner: record.owner,
    extra: record.extra,
    dag_display_name: record.displayName,
    task_display_name: record.taskId,
  };
}

const ErrorQuery = OrderedQuery.extend({
  ...patterns("filename"),
  filename: OptionalText,
  bundle_name: OptionalText,
});

const errorOrders: Orders<typeof importErrorListColumns> = {
  columns: importErrorListColumns,
  names: {
    id: ["id"],
    import_error_id: ["id"],
    timestamp: ["timestamp"],
    filename: ["filename"],
    bundle_name: ["bundle_name"],
    stacktrace: ["stacktrace"],
  },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const importErrorTags = ["Import Error"];

function registerImportErrors(app: ApiApp, context: AirflowContext): void {
  registerImportErrorList(app, context);
  registerImportError(app, context);
}

function registerImportErrorList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/importErrors",
    {
      config: { access: can("read", "ImportError") },
      schema: {
        operationId: "get_import_errors",
        tags: importErrorTags,
        querystring: ErrorQuery,
        response: { 200: ImportErrorCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const filter = {
        filename: withoutFolder(context, query.filename),
        pattern: query.filename_pattern,
        prefix: query.filename_prefix_pattern,
        bundleName: query.bundle_name,
      };
      const { rows, total } = await listImportErrorRows(context.database, filter, pageOf(query, errorOrders));
      const permitted = await permittedDagIds(user, "read", "DAGs");
      const errors = rows.map((row) => errorAnswer(context, row));
      return { import_errors: permitted === null ? errors : errors.map(redacted), total_entries: total };
    },
  );
}

function registerImportError(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/importErrors/:import_error_id",
    {
      config: { access: can("read", "ImportError") },
      schema: {
        operationId: "get_import_error",
        tags: importErrorTags,
        params: z.object({ import_error_id: z.int() }),
        response: { 200: ImportErrorResponse },
      },
    },
    async ({ params, user }) => {
      const error = await findImportError(context.database, params.import_error_id);
      if (error === null)
        throw new HttpProblem(
          404,
          `The ImportError with import_error_id: \`${params.import_error_id}\` was not found`,
        );
      const answer = errorAnswer(context, error);
      return (await permittedDagIds(user, "read", "DAGs")) === null ? answer : redacted(answer);
    },
  );
}

type ErrorAnswer = z.output<typeof ImportErrorResponse>;

function errorAnswer({ parts }: AirflowContext, error: ImportError): ErrorAnswer {
  return {
    import_error_id: error.id,
    timestamp: isoDate(error.occurredAt),
    filename: join(parts.config.paths.dagsFolder, error.relativeFile),
    bundle_name: error.bundleName,
    stack_trace: error.stacktrace,
  };
}

/** Rows hold the path within the Dags folder; clients see the whole path and ask with it. */
function withoutFolder(
  { parts }: AirflowContext,
  filename: string | null | undefined,
): string | null | undefined {
  const folder = `${parts.config.paths.dagsFolder}/`;
  return filename?.startsWith(folder) ? filename.slice(folder.length) : filename;
}

/** The text of a file's error may quote Dags that the user may not see. */
function redacted(error: ErrorAnswer): ErrorAnswer {
  return { ...error, stack_trace: "REDACTED - you do not have read permission on all DAGs in the file" };
}
