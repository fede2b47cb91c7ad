/**
 * The protocol as JSON Schema (draft 2020-12), for children in other languages: `docs/protocol.schema.json` is drawn
 * from here, and a test compares the two. The compiler holds the schemas equal to the types of `protocol.ts`.
 *
 * Built with zod, which only development installs: nothing that runs imports this file.
 */
import { z } from "zod";
import type { Json, TimetableSpec, TriggerSpec } from "../core/dag-model.ts";
import { usedKinds } from "../core/lineage.ts";
import type {
  AssetEventAnswer,
  ChildAnswers,
  ChildMessage,
  ChildRequest,
  CodeLocation,
  ConnectionAnswer,
  DagRunAnswer,
  ErrorInfo,
  StartTask,
  SupervisorMessage,
  TaskResult,
  TriggererEvent,
  TriggererMessage,
  XComValue,
} from "./protocol.ts";

/** `never` where one of the two is not assignable to the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

const text = z.string();
const whole = z.int();
const instant = z.string().describe("ISO 8601 with offset");
const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
);
const jsonObject = z.record(text, json);
const one = z.literal;

const logLevel = z.enum(["debug", "info", "warning", "error", "critical"]);
const xcomValue = z.union([
  z.object({ json }),
  z.object({ ref: z.object({ uri: text, bytes: whole, mediaType: text }) }),
]);
const trigger = z.object({ classpath: text, kwargs: jsonObject });
const cause = z.object({ name: text, message: text, stack: text.optional() });
const errorInfo = z.object({ ...cause.shape, code: text.optional(), causes: z.array(cause) });
const coordinates = {
  dagId: text,
  taskId: text,
  runId: text,
  mapIndex: whole.describe("-1 where the task is not mapped"),
  tryNumber: whole,
  attemptId: text,
};
const code = z.object({
  dagsFolder: text,
  relativeFile: text,
  versionHash: text,
  snapshotFolder: text,
  files: z.record(text, text),
  interpreter: text,
});
const asset = z.object({ name: text, uri: text });
const skipRequest = z.union([
  z.object({ followed: z.array(text) }),
  z.object({ skipped: z.array(text) }),
  z.object({ skipAll: one(true) }),
]);
const outletEvent = z.object({
  asset: asset.optional(),
  alias: text.optional(),
  extra: jsonObject,
  partitionKeys: z.array(text).optional(),
});

const start = z.object({
  type: one("start"),
  task: z.object({ ...coordinates, maxTries: whole, startDate: instant }),
  code,
  run: z.object({
    runType: text,
    logicalDate: instant.nullable(),
    dataIntervalStart: instant.nullable(),
    dataIntervalEnd: instant.nullable(),
    runAfter: instant,
    startDate: instant.nullable(),
    conf: json,
    partitionKey: text.nullable(),
    clearNumber: whole,
    triggeredBy: text,
  }),
  call: z
    .object({
      file: text.describe("relative to the folder of the Dag file"),
      function: text.nullable(),
      args: z.record(text, xcomValue),
      templated: z.array(text),
      argv: z.array(text),
      environment: jsonObject,
      multipleOutputs: z.boolean(),
    })
    .optional(),
  xcoms: z.array(z.object({ taskId: text, mapIndex: whole, key: text, value: xcomValue })),
  expansion: z.object({ index: whole, total: whole }).optional(),
  elements: z
    .array(
      z.object({ taskId: text, key: text, index: whole, value: xcomValue, entry: z.boolean().optional() }),
    )
    .optional(),
  lengths: z.record(text, whole).optional(),
  params: jsonObject,
  resume: z.object({ method: text, kwargs: jsonObject, event: json, error: text.optional() }).optional(),
  reschedule: z.object({ firstAt: instant, count: whole }).optional(),
  executionTimeout: z.number().nullable().describe("seconds"),
  memoryLimitMb: z.number().nullable(),
  artifactRoot: text,
  workingFolder: text.optional().describe("relative paths count from it; the process's own where absent"),
  xcomInlineLimit: whole,
  tracking: z
    .object({ uri: text, token: text })
    .optional()
    .describe("MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN of the attempt"),
  cache: z.object({ note: text, ask: z.boolean() }).optional(),
  logLevel,
  context: jsonObject.optional(),
});

const answers = [
  z.object({ type: one("response"), id: whole, result: json }),
  z.object({ type: one("response-error"), id: whole, error: z.object({ code: text, message: text }) }),
] as const;

const supervisorMessage = z.discriminatedUnion("type", [
  start,
  z.object({
    type: one("run-callback"),
    code,
    dagId: text,
    callback: z.union([
      one("success"),
      one("failure"),
      z.object({ deadline: whole }),
      z.object({ task: z.enum(["success", "failure", "retry", "skipped"]) }),
      z.object({
        listener: z.enum(["on_dag_run_running", "on_dag_run_success", "on_dag_run_failed"]),
        state: text,
      }),
    ]),
    context: json,
  }),
  ...answers,
  z.object({ type: one("cancel"), reason: text }),
  z.object({ type: one("shutdown") }),
]);

const connectionAnswer = z.object({
  connId: text,
  connType: text,
  host: text.nullable(),
  schema: text.nullable(),
  login: text.nullable(),
  password: text.nullable(),
  port: whole.nullable(),
  extra: text.nullable(),
  description: text.nullable(),
});

const xcomName = { dagId: text, runId: text, taskId: text, mapIndex: whole, key: text };
/** As the importer serialised it; its kinds are told by `dag-model.ts`. */
const timetable = jsonObject as unknown as z.ZodType<TimetableSpec>;
const interval = z.object({ start: instant, end: instant });

const requestParams = {
  "xcom.get": z.object({
    dagId: text.optional(),
    runId: text.optional(),
    taskIds: z.array(text),
    mapIndexes: z.array(whole).nullish(),
    key: text.nullable(),
    includePriorDates: z.boolean().optional(),
    item: whole.optional(),
  }),
  "xcom.set": z.object({ key: text, value: xcomValue }),
  "xcom.delete": z.object({ key: text }),
  "variable.get": z.object({ key: text }),
  "variable.set": z.object({ key: text, value: text, description: text.optional() }),
  "variable.delete": z.object({ key: text }),
  "connection.get": z.object({ connId: text }),
  "connection.set": connectionAnswer,
  "connection.delete": z.object({ connId: text }),
  "connection.list": z.object({}),
  "dag-run.trigger": z.object({
    dagId: text,
    runId: text.optional(),
    logicalDate: instant.nullish(),
    conf: json.optional(),
    reset: z.boolean().optional(),
    note: text.optional(),
  }),
  "dag-run.get": z.object({ dagId: text, runId: text }),
  "dag-run.list": z.object({
    dagId: text.optional(),
    logicalDates: z.array(instant).optional(),
    states: z.array(text).optional(),
    limit: whole.optional(),
    orderBy: text.optional(),
  }),
  "task-instance.states": z.object({
    dagId: text,
    runIds: z.array(text).optional(),
    logicalDates: z.array(instant).optional(),
    taskIds: z.array(text).optional(),
    taskGroupId: text.optional(),
  }),
  "task-instance.list": z.object({
    dagIds: z.array(text).optional(),
    runIds: z.array(text).optional(),
    taskIds: z.array(text).optional(),
    states: z.array(text).optional(),
    limit: whole.optional(),
  }),
  "dag-run.xcoms": z.object({
    dagIds: z.array(text).optional(),
    runIds: z.array(text).optional(),
    taskIds: z.array(text).optional(),
    keys: z.array(text).optional(),
    limit: whole.optional(),
    values: z.boolean().optional(),
  }),
  "dag-run.delete-xcoms": z.object({ entries: z.array(z.object(xcomName)) }),
  "pool.list": z.object({}),
  "pool.set": z.object({
    name: text,
    slots: whole,
    description: text.nullish(),
    includeDeferred: z.boolean().optional(),
  }),
  "pool.delete": z.object({ name: text }),
  timetable: z.discriminatedUnion("ask", [
    z.object({
      ask: one("next"),
      timetable,
      last: interval.nullable(),
      start: instant.nullable(),
      end: instant.nullable(),
      catchup: z.boolean(),
    }),
    z.object({ ask: one("manual"), timetable, runAfter: instant }),
  ]),
  "dag.get": z.object({ dagId: text }),
  "dag.list": z.object({}),
  "dag.set-paused": z.object({ dagId: text, isPaused: z.boolean() }),
  "asset-events.get": z.object({
    name: text.optional(),
    uri: text.optional(),
    alias: text.optional(),
    limit: whole.optional(),
  }),
  "task-state.get": z.object({ key: text }),
  "task-state.set": z.object({ key: text, value: json, expiresAt: instant.nullable().optional() }),
  "task-state.delete": z.object({ key: text.optional() }),
  "asset-state.get": z.object({ name: text.optional(), uri: text.optional(), key: text }),
  "asset-state.set": z.object({ name: text.optional(), uri: text.optional(), key: text, value: json }),
  "asset-state.delete": z.object({ name: text.optional(), uri: text.optional(), key: text.optional() }),
  "study.create": z.object({ name: text, directions: z.array(text), spec: json }),
  "study.read": z.object({ name: text, after: whole }),
  "study.write": z.object({ name: text, id: whole, revision: whole, trials: z.array(json) }),
  "step-cache.look": z.object({ value: json }),
  "rendered-fields.set": z.object({ fields: jsonObject, mapIndexLabel: text.optional() }),
};

type Method = keyof typeof requestParams;
type RequestOf<M extends Method> = M extends Method
  ? { method: M; params: z.infer<(typeof requestParams)[M]> }
  : never;

const childRequest = z.union(
  Object.entries(requestParams).map(([method, params]) => z.object({ method: one(method), params })),
) as unknown as z.ZodType<RequestOf<Method>>;

const dagRunAnswer = z.object({
  dagId: text,
  runId: text,
  runType: text,
  state: text,
  logicalDate: instant.nullable(),
  runAfter: instant.nullable(),
  dataIntervalStart: instant.nullable(),
  dataIntervalEnd: instant.nullable(),
  startDate: instant.nullable(),
  endDate: instant.nullable(),
});
const dagAnswer = z.object({ dagId: text, isPaused: z.boolean() });
const poolAnswer = z.object({
  name: text,
  slots: whole,
  description: text.nullable(),
  includeDeferred: z.boolean(),
  runningSlots: whole,
  queuedSlots: whole,
  scheduledSlots: whole,
  deferredSlots: whole,
  occupiedSlots: whole,
  openSlots: whole.nullable(),
});
const taskInstanceAnswer = z.object({
  dagId: text,
  runId: text,
  taskId: text,
  mapIndex: whole,
  state: text.nullable(),
  tryNumber: whole,
  maxTries: whole,
  operator: text,
  pool: text,
  queue: text,
  logicalDate: instant.nullable(),
  runAfter: instant.nullable(),
  startDate: instant.nullable(),
  endDate: instant.nullable(),
});
const assetEventAnswer = z.object({
  asset,
  extra: jsonObject,
  timestamp: instant,
  sourceDagId: text.nullable(),
  sourceTaskId: text.nullable(),
  sourceRunId: text.nullable(),
  sourceMapIndex: whole.nullable(),
});
const xcomAnswer = z.object({
  taskId: text,
  mapIndex: whole,
  value: xcomValue,
  item: z.boolean().optional(),
  entry: z.boolean().optional(),
});

/** What the `result` of the answer to each method holds. */
const childAnswers = z.object({
  "xcom.get": z.array(xcomAnswer),
  "xcom.set": z.null(),
  "xcom.delete": z.null(),
  "variable.get": text.nullable(),
  "variable.set": z.null(),
  "variable.delete": z.null(),
  "connection.get": connectionAnswer.nullable(),
  "connection.set": z.null(),
  "connection.delete": z.null(),
  "connection.list": z.array(z.object({ connId: text, connType: text, description: text.nullable() })),
  "dag-run.trigger": z.object({ runId: text, created: z.boolean() }),
  "dag-run.get": dagRunAnswer.nullable(),
  "dag-run.list": z.array(dagRunAnswer),
  "task-instance.states": z.record(text, z.record(text, text.nullable())),
  "task-instance.list": z.array(taskInstanceAnswer),
  "dag-run.xcoms": z.array(
    z.object({
      ...xcomName,
      logicalDate: instant.nullable(),
      runAfter: instant,
      createdAt: instant,
      value: xcomValue.nullable(),
    }),
  ),
  "dag-run.delete-xcoms": whole,
  "pool.list": z.array(poolAnswer),
  "pool.set": z.null(),
  "pool.delete": z.null(),
  timetable: z.object({ runAfter: instant, start: instant, end: instant }).nullable(),
  "dag.get": dagAnswer.nullable(),
  "dag.list": z.array(dagAnswer),
  "dag.set-paused": z.null(),
  "asset-events.get": z.array(assetEventAnswer),
  "task-state.get": json,
  "task-state.set": z.null(),
  "task-state.delete": z.null(),
  "asset-state.get": json,
  "asset-state.set": z.null(),
  "asset-state.delete": z.null(),
  "study.create": z.boolean(),
  "study.read": z.object({ id: whole, revision: whole, spec: json, trials: z.array(json) }).nullable(),
  "study.write": whole.nullable(),
  "step-cache.look": z.object({
    explanation: text,
    result: z
      .object({
        xcoms: z.array(z.object({ key: text, value: xcomValue })),
        length: whole.optional(),
        keys: z.array(text).optional(),
        skip: skipRequest.optional(),
        outletEvents: z.array(outletEvent).optional(),
      })
      .nullable(),
  }),
  "rendered-fields.set": z.null(),
});

const taskResult = z.discriminatedUnion("outcome", [
  z.object({
    outcome: one("success"),
    value: xcomValue.optional(),
    skip: skipRequest.optional(),
    outletEvents: z.array(outletEvent).optional(),
  }),
  z.object({ outcome: one("skipped"), message: text }),
  z.object({
    outcome: one("failed"),
    error: errorInfo,
    retryable: z.boolean(),
    retryDelay: z.number().nonnegative().optional().describe("seconds, by the task's retry policy"),
  }),
  z.object({
    outcome: one("deferred"),
    trigger,
    method: text,
    kwargs: jsonObject,
    timeout: z.number().nullable().describe("seconds"),
  }),
  z.object({ outcome: one("reschedule"), at: instant }),
  z.object({ outcome: one("awaiting_input"), request: json }),
]);

const ready = z.object({
  type: one("ready"),
  protocol: whole,
  pid: whole,
  language: z.enum(["typescript", "python"]),
  version: text,
});
const logFields = {
  type: one("log"),
  level: logLevel,
  message: text,
  time: instant,
  logger: text.optional(),
  fields: jsonObject.optional(),
};
const mask = z.object({ type: one("mask"), values: z.array(text) });
const heartbeat = z.object({ type: one("heartbeat") });

const use = z.object({
  direction: z.enum(["input", "output"]),
  kind: z.enum(usedKinds),
  name: text,
  version: text,
  details: jsonObject,
});

const childMessage = z.union([
  ready,
  z.intersection(z.object({ type: one("request"), id: whole }), childRequest),
  z.object(logFields),
  mask,
  heartbeat,
  z.object({
    type: one("result"),
    attemptId: text,
    result: taskResult,
    xcoms: z.array(z.object({ key: text, value: xcomValue })),
    length: whole.optional(),
    keys: z.array(text).optional(),
    uses: z.array(use).optional(),
    looked: z.record(text, text.nullable()).optional(),
    leaked: z.array(text).optional(),
    heapMb: z.number().optional(),
  }),
]);

const triggererMessage = z.discriminatedUnion("type", [
  z.object({
    type: one("trigger"),
    triggerId: text,
    trigger,
    code,
    task: z.object(coordinates).nullable(),
    logLevel,
  }),
  z.object({ type: one("cancel-trigger"), triggerId: text }),
  ...answers,
  z.object({ type: one("shutdown") }),
]);

const triggererEvent = z.union([
  ready,
  z.object({
    type: one("fired"),
    triggerId: text,
    event: json,
    last: z.boolean(),
    end: z
      .object({
        state: z.enum(["success", "failed", "skipped"]),
        xcoms: z.array(z.object({ key: text, value: xcomValue })),
      })
      .optional(),
  }),
  z.object({ type: one("trigger-failed"), triggerId: text, error: errorInfo }),
  z.intersection(z.object({ type: one("request"), id: whole, triggerId: text }), childRequest),
  z.object({ ...logFields, triggerId: text.optional() }),
  mask,
  heartbeat,
]);

/** Fails to compile where a schema and its type differ. */
export const sameAsTypes: {
  [part in keyof Parts]: Same<z.infer<Parts[part]>, PartTypes[part]>;
} = {
  SupervisorMessage: true,
  ChildMessage: true,
  ChildAnswers: true,
  TriggererMessage: true,
  TriggererEvent: true,
  StartTask: true,
  CodeLocation: true,
  ChildRequest: true,
  ConnectionAnswer: true,
  DagRunAnswer: true,
  AssetEventAnswer: true,
  TaskResult: true,
  ErrorInfo: true,
  XComValue: true,
  TriggerSpec: true,
  Json: true,
};

interface PartTypes {
  SupervisorMessage: SupervisorMessage;
  ChildMessage: ChildMessage;
  ChildAnswers: ChildAnswers;
  TriggererMessage: TriggererMessage;
  TriggererEvent: TriggererEvent;
  StartTask: StartTask;
  CodeLocation: CodeLocation;
  ChildRequest: ChildRequest;
  ConnectionAnswer: ConnectionAnswer;
  DagRunAnswer: DagRunAnswer;
  AssetEventAnswer: AssetEventAnswer;
  TaskResult: TaskResult;
  ErrorInfo: ErrorInfo;
  XComValue: XComValue;
  TriggerSpec: TriggerSpec;
  Json: Json;
}

/** The schemas by the names of their types; also for checking what processes really send. */
export const protocolParts = {
  SupervisorMessage: supervisorMessage,
  ChildMessage: childMessage,
  ChildAnswers: childAnswers,
  TriggererMessage: triggererMessage,
  TriggererEvent: triggererEvent,
  StartTask: start,
  CodeLocation: code,
  ChildRequest: childRequest,
  ConnectionAnswer: connectionAnswer,
  DagRunAnswer: dagRunAnswer,
  AssetEventAnswer: assetEventAnswer,
  TaskResult: taskResult,
  ErrorInfo: errorInfo,
  XComValue: xcomValue,
  TriggerSpec: trigger,
  Json: json,
};
type Parts = typeof protocolParts;

/** The whole as one JSON Schema; each part stands under `$defs` by its name. */
export function protocolSchema(): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(protocolParts)) registry.add(schema as z.ZodType, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => `#/$defs/${id}`,
    // Bounds of what a JavaScript number can count exactly: true everywhere, and noise to readers.
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== "integer") return;
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  for (const part of Object.values(schemas)) {
    delete part.$schema;
    delete part.$id;
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Protocol between a supervisor and the processes in which tasks and triggers run",
    description:
      "Frames over file descriptor 3 of the child: a 4-byte big-endian length, then that many bytes of UTF-8 JSON. " +
      "Unknown fields are ignored. ChildAnswers says what the result of each request holds.",
    oneOf: ["SupervisorMessage", "ChildMessage", "TriggererMessage", "TriggererEvent"].map((id) => ({
      $ref: `#/$defs/${id}`,
    })),
    $defs: schemas,
  };
}
