/**
 * What the routes under `/ui` answer, for the page alone: one answer a view, small and ready to draw. Clients use
 * Airflow's REST API, whose shapes are promised; these change with the page, which imports their types from here.
 *
 * Instants are milliseconds since the epoch, durations milliseconds; null says that there is none yet.
 */
import type { Json, ParamSpec } from "../../core/dag-model.ts";
import type { DagRunState, DagRunType, TaskInstanceState } from "../../core/states.ts";

export type { DagRunState, DagRunType, Json, ParamSpec, TaskInstanceState };

/** State of a run or a task instance; "none" is a task instance that has no state yet. */
export type AnyState = TaskInstanceState | DagRunState | "none";

export interface RunBar {
  runId: string;
  state: DagRunState;
  runType: DagRunType;
  runAfter: number;
  logicalDate: number | null;
  startDate: number | null;
  endDate: number | null;
}

export interface DagListItem {
  dagId: string;
  displayName: string;
  description: string | null;
  language: "typescript" | "python";
  relativeFile: string;
  isPaused: boolean;
  isFavorite: boolean;
  hasImportErrors: boolean;
  tags: string[];
  owners: string[];
  schedule: string | null;
  scheduleWords: string | null;
  nextRun: number | null;
  /** Newest last. */
  recentRuns: RunBar[];
}

export interface DagList {
  dags: DagListItem[];
  total: number;
}

export interface DagFacets {
  tags: { name: string; count: number }[];
  owners: { name: string; count: number }[];
  counts: { all: number; active: number; paused: number; failed: number; running: number; favorite: number };
}

export interface ImportProblem {
  id: number;
  file: string;
  bundleName: string;
  line: number | null;
  column: number | null;
  code: string;
  message: string;
  stacktrace: string;
  occurredAt: number;
  /** The lines around the mistake, where the file can be read. */
  excerpt: { line: number; text: string }[];
}

export interface DagHeader extends DagListItem {
  docMd: string | null;
  versionNumber: number | null;
  bundleName: string;
  startDate: string | null;
  endDate: string | null;
  timezone: string;
  catchup: boolean;
  maxActiveRuns: number;
  maxActiveTasks: number;
  maxConsecutiveFailedDagRuns: number;
  dagrunTimeoutSeconds: number | null;
  lastParsedAt: number;
  params: { [name: string]: ParamSpec };
  runCounts: Record<DagRunState, number>;
  hasAssetSchedule: boolean;
  /** It goes by partitions of its assets. */
  isPartitioned: boolean;
  warnings: { kind: string; message: string }[];
  taskCount: number;
}

/** One task or group of a Dag, in the order in which pages list them: groups before their members. */
export interface StructureNode {
  id: string;
  label: string;
  kind: "task" | "group";
  parent: string | null;
  depth: number;
  operator?: string;
  isMapped?: boolean;
  isSetup?: boolean;
  isTeardown?: boolean;
  isBranch?: boolean;
  triggerRule?: string;
  retries?: number;
  pool?: string;
  owner?: string;
  line?: number;
  tooltip?: string;
  doc?: string;
  color?: string;
}

export interface DagStructure {
  dagId: string;
  versionNumber: number;
  nodes: StructureNode[];
  edges: { from: string; to: string; label?: string }[];
  assets: { name: string; uri: string; role: "schedule" | "inlet" | "outlet"; taskId: string | null }[];
}

/**
 * States of many runs, one character a task: `cells[i]` belongs to `taskIds[i]`, and its letter is the place of the
 * state in `stateLetters`. A mapped task's letter is the state that matters most; its numbers stand in `mapped`.
 */
export interface GridData {
  taskIds: string[];
  runs: (RunBar & {
    versionNumber: number | null;
    note: string | null;
    cells: string;
    mapped: { [taskId: string]: { [state: string]: number } };
  })[];
  hasOlder: boolean;
}

export interface InstanceRow {
  taskId: string;
  mapIndex: number;
  renderedMapIndex: string | null;
  state: TaskInstanceState | null;
  tryNumber: number;
  maxTries: number;
  operator: string;
  pool: string;
  queue: string;
  scheduledAt: number | null;
  queuedAt: number | null;
  startDate: number | null;
  endDate: number | null;
  hostname: string | null;
  note: string | null;
}

export interface RunDetail extends RunBar {
  dagId: string;
  dataIntervalStart: number | null;
  dataIntervalEnd: number | null;
  queuedAt: number;
  triggeredBy: string;
  triggeringUser: string | null;
  conf: Json;
  clearNumber: number;
  backfillId: number | null;
  note: string | null;
  partitionKey: string | null;
  versionNumber: number | null;
  counts: { [state: string]: number };
  /** Failed and upstream-failed instances, the first to fail first. */
  failures: {
    taskId: string;
    mapIndex: number;
    tryNumber: number;
    endDate: number | null;
    error: string | null;
  }[];
  previousRunId: string | null;
  nextRunId: string | null;
}

export interface InstanceList {
  instances: InstanceRow[];
  total: number;
}

export interface Bar {
  taskId: string;
  mapIndex: number;
  tryNumber: number;
  state: TaskInstanceState | null;
  scheduledAt: number | null;
  queuedAt: number | null;
  startDate: number | null;
  endDate: number | null;
}

export interface UnmetReason {
  check: string;
  reason: string;
}

export interface InstanceDetail extends InstanceRow {
  dagId: string;
  runId: string;
  runState: DagRunState;
  logicalDate: number | null;
  label: string;
  docMd: string | null;
  triggerRule: string;
  upstream: { taskId: string; state: TaskInstanceState | null }[];
  downstream: { taskId: string; state: TaskInstanceState | null }[];
  versionNumber: number | null;
  line: number | null;
  relativeFile: string | null;
  priorityWeight: number;
  poolSlots: number;
  pid: number | null;
  notBefore: number | null;
  isMapped: boolean;
  mappedCounts: { [state: string]: number };
  tries: Bar[];
  /** Empty when nothing keeps it from running. */
  unmet: UnmetReason[];
  /** Of the newest try, from the end of its log. */
  error: { name: string; message: string; line: number | null } | null;
  /** Addresses are null until an attempt has left them. */
  extraLinks: { name: string; url: string | null }[];
}

export interface LogLine {
  time: string;
  level: "debug" | "info" | "warning" | "error" | "critical";
  logger: string;
  message: string;
  /** A stack, or whatever else the writer knew. */
  fields?: { [name: string]: Json };
}

export interface LogPage {
  lines: LogLine[];
  /** Byte offset from which the next page is read. */
  next: number;
  atEnd: boolean;
  /** The try may still write. */
  live: boolean;
}

export interface XComItem {
  taskId: string;
  mapIndex: number;
  key: string;
  createdAt: number;
  value: Json;
  ref: { uri: string; bytes: number; mediaType: string } | null;
}

export interface CalendarDay {
  /** "2026-01-31" in the asked time zone. */
  day: string;
  success: number;
  failed: number;
  running: number;
  queued: number;
  planned: number;
}

export interface BackfillItem {
  id: number;
  fromDate: number;
  toDate: number;
  state: "running" | "paused" | "cancelled" | "completed";
  reprocessBehavior: "none" | "failed" | "completed";
  maxActiveRuns: number;
  createdAt: number;
  /** Dates that get a run, or have one; `counts` are those runs by state, "none" where one is still to be made. */
  total: number;
  counts: { [state: string]: number };
  skipped: number;
}

export interface DurationPoint {
  runId: string;
  state: DagRunState;
  runAfter: number;
  queued: number;
  /** From the start to the end; to now while it runs. */
  ran: number;
  /** From `run_after` to the end. */
  landing: number | null;
}

export interface Durations {
  runs: DurationPoint[];
  tasks: { taskId: string; median: number; p95: number; max: number; failures: number; count: number }[];
}

export interface VersionItem {
  versionNumber: number;
  createdAt: number;
  files: string[];
  isCurrent: boolean;
}

export interface VersionSource {
  versionNumber: number;
  language: "typescript" | "python";
  mainFile: string;
  files: { path: string; content: string }[];
}

export interface HomeItem {
  kind: "failed" | "stuck" | "late" | "person" | "import";
  dagId: string | null;
  runId: string | null;
  taskId: string | null;
  mapIndex: number;
  at: number;
  text: string;
}

export interface PoolBar {
  name: string;
  slots: number;
  running: number;
  queued: number;
  scheduled: number;
  deferred: number;
}

export interface HealthPart {
  part: "database" | "scheduler" | "triggerer" | "dag-processor" | "worker" | "api";
  status: "healthy" | "unhealthy" | "absent";
  latestHeartbeat: number | null;
  count: number;
}

export interface Home {
  now: number;
  attention: HomeItem[];
  health: HealthPart[];
  dags: { active: number; paused: number; importErrors: number };
  /** Plugins that cannot be loaded; 0 for who may not see plugins. */
  pluginErrors: number;
  runs: { running: number; queued: number };
  instances: { [state: string]: number };
  /** Runs of the last 24 hours, by the hour in which they became due. */
  history: { hour: number; success: number; failed: number; running: number; queued: number }[];
  recent: (RunBar & { dagId: string })[];
  upcoming: { dagId: string; runAfter: number; logicalDate: number }[];
  pools: PoolBar[];
}

export interface AssetItem {
  id: number;
  name: string;
  uri: string;
  group: string;
  isActive: boolean;
  latestEvent: number | null;
  events: number;
  producers: { dagId: string; taskId: string }[];
  consumers: string[];
}

/** Dags and assets, and what leads where. */
export interface Dependencies {
  nodes: { id: string; kind: "dag" | "asset" | "alias"; label: string }[];
  edges: { from: string; to: string; kind: "asset" | "trigger" | "sensor" }[];
}

export interface ConfigOption {
  section: string;
  key: string;
  value: string;
  origin: string;
  isDefault: boolean;
  description: string;
}

export interface SearchHit {
  kind: "dag" | "task" | "run" | "asset" | "experiment" | "tracked-run" | "model";
  dagId: string | null;
  id: string;
  label: string;
}

export interface Session {
  /** Null: nobody is signed in. */
  user: { username: string; roles: string[]; firstName: string; lastName: string } | null;
  /** Resource → what may be done with it. */
  permissions: { [resource: string]: string[] };
  /** For the header of requests that change something. */
  csrfToken: string | null;
  version: string;
  instanceName: string;
  /** Sign-in through another service, where it is configured. */
  openId: { name: string; url: string } | null;
}

export interface RunListItem extends RunBar {
  dagId: string;
}

export interface RunList {
  runs: RunListItem[];
  total: number;
}
