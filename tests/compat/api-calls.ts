/**
 * The calls that are sent to a real Airflow (record-api.ts) and to Tradewind (api.test.ts), with the Dags of
 * fixtures/compat_dags.py in both. A text `{name}` in a path stands for a value that an earlier answer had.
 */

export interface Call {
  readonly name: string;
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below /api/v2. */
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
  /** Where in the answer a value stands that later paths name: name → keys and indexes. */
  readonly keep?: { readonly [name: string]: readonly (string | number)[] };
  /** Sent again until the answer has this value there. */
  readonly until?: { readonly at: readonly (string | number)[]; readonly is: readonly unknown[] };
}

export interface Recorded {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

const get = (name: string, path: string, more: Partial<Call> = {}): Call => ({
  name,
  method: "GET",
  path,
  ...more,
});
const send = (
  method: Call["method"],
  name: string,
  path: string,
  body?: unknown,
  more: Partial<Call> = {},
): Call => ({
  name,
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});

const ended = { at: ["state"], is: ["success", "failed"] } as const;
const run = "/dags/compat_etl/dagRuns/compat_1";
const ti = `${run}/taskInstances`;
const failed = "/dags/compat_fails/dagRuns/compat_f";
const asked = "/dags/compat_hitl/dagRuns/compat_h";

const setUp: readonly Call[] = [
  get("the Dags are there", "/dags?limit=100&tags=compat", { until: { at: ["total_entries"], is: [5] } }),
  send("POST", "trigger", "/dags/compat_etl/dagRuns", {
    dag_run_id: "compat_1",
    logical_date: null,
    conf: { n: 1 },
    note: "by hand",
  }),
  send("POST", "trigger one that fails", "/dags/compat_fails/dagRuns", {
    dag_run_id: "compat_f",
    logical_date: "2024-01-02T00:00:00Z",
  }),
  send("POST", "trigger one with a group", "/dags/compat_groups/dagRuns", {
    dag_run_id: "compat_g",
    logical_date: null,
  }),
  send("POST", "trigger one that asks", "/dags/compat_hitl/dagRuns", {
    dag_run_id: "compat_h",
    logical_date: null,
  }),
  get("the run has ended", run, { until: ended }),
  get("the failing run has ended", failed, { until: ended }),
  get("the run with a group has ended", "/dags/compat_groups/dagRuns/compat_g", { until: ended }),
  get("somebody is asked", `${asked}/hitlDetails`, { until: { at: ["total_entries"], is: [1] } }),
];

const reads: readonly Call[] = [
  get("dags", "/dags?dag_id_pattern=compat%25&order_by=dag_id"),
  get("dags by prefix", "/dags?dag_id_prefix_pattern=compat_e"),
  get("dag", "/dags/compat_etl", { keep: { file_token: ["file_token"] } }),
  get("dag details", "/dags/compat_etl/details"),
  get("details of a Dag on an asset", "/dags/compat_consumer/details"),
  get("tags", "/dagTags?tag_name_pattern=compat"),
  get("source", "/dagSources/compat_etl", { accept: "application/json" }),
  get("stats", "/dagStats?dag_ids=compat_etl"),
  get("warnings", "/dagWarnings"),
  get("versions", "/dags/compat_etl/dagVersions"),
  get("version", "/dags/compat_etl/dagVersions/1"),
  get("tasks", "/dags/compat_etl/tasks"),
  get("task", "/dags/compat_etl/tasks/extract"),
  get("mapped task", "/dags/compat_etl/tasks/double"),
  get("runs", "/dags/compat_etl/dagRuns?run_id_pattern=compat"),
  get("runs by cursor", "/dags/compat_etl/dagRuns?cursor=&limit=1&run_id_pattern=compat"),
  get("run with a logical date", failed),
  send("POST", "runs by body", "/dags/~/dagRuns/list", { dag_ids: ["compat_fails"], page_limit: 5 }),
  get("upstream events", `${run}/upstreamAssetEvents`),
  get("task instances", `${ti}?order_by=map_index`),
  get("task instances by cursor", `${ti}?cursor=&limit=2`),
  send("POST", "task instances by body", "/dags/~/dagRuns/~/taskInstances/list", {
    dag_ids: ["compat_fails"],
  }),
  get("task instance", `${ti}/extract`),
  get("failed task instance", `${failed}/taskInstances/boom`),
  get("mapped instances", `${ti}/double/listMapped`),
  get("mapped instance", `${ti}/double/1`),
  get("tries", `${ti}/extract/tries`),
  get("a try", `${ti}/extract/tries/1`),
  get("mapped tries", `${ti}/double/1/tries`),
  get("dependencies", `${ti}/extract/dependencies`),
  get("links", `${ti}/extract/links`),
  get("log", `${ti}/load/logs/1`, { accept: "application/json" }),
  get("external log", `${ti}/extract/externalLogUrl/1`),
  get("xcoms", `${ti}/extract/xcomEntries`),
  get("xcom", `${ti}/extract/xcomEntries/return_value`),
  get("xcom as a text", `${ti}/load/xcomEntries/return_value?stringify=true`),
  get("assets", "/assets?name_pattern=compat", { keep: { asset_id: ["assets", 0, "id"] } }),
  get("asset", "/assets/{asset_id}"),
  get("asset events", "/assets/events?asset_id={asset_id}"),
  get("aliases", "/assets/aliases"),
  get("queued events", "/assets/{asset_id}/queuedEvents"),
  get("backfills", "/backfills?dag_id=compat_etl"),
  get("connections", "/connections?limit=5"),
  get("pools", "/pools"),
  get("pool", "/pools/default_pool"),
  get("variables", "/variables"),
  get("event logs", "/eventLogs?limit=3&dag_id=compat_etl&order_by=-event_log_id"),
  get("import errors", "/importErrors"),
  get("jobs", "/jobs?limit=3"),
  get("providers", "/providers?limit=1"),
  get("plugins", "/plugins"),
  get("plugin errors", "/plugins/importErrors"),
  get("configuration", "/config?section=core", { accept: "application/json" }),
  get("health", "/monitor/health"),
  get("program", "/version"),
  get("question", `${asked}/taskInstances/approve/-1/hitlDetails`),
];

const changes: readonly Call[] = [
  send("PATCH", "note on a run", run, { note: "seen" }),
  send("PATCH", "preview of a mark", `${ti}/extract/dry_run`, { new_state: "failed" }),
  send("PATCH", "note on an instance", `${ti}/extract`, { note: "seen" }),
  send("PATCH", "mark what is marked", `${ti}/extract`, { new_state: "success" }),
  send("POST", "preview of a clear", "/dags/compat_etl/clearTaskInstances", {
    dag_run_id: "compat_1",
    only_failed: false,
    dry_run: true,
  }),
  send("POST", "preview of clearing a run", `${run}/clear`, { dry_run: true }),
  send("POST", "new xcom", `${ti}/extract/xcomEntries`, { key: "mine", value: { a: 1 } }),
  send("POST", "the same xcom", `${ti}/extract/xcomEntries`, { key: "mine", value: 1 }),
  send("PATCH", "other xcom", `${ti}/extract/xcomEntries/mine`, { value: [1] }),
  send("DELETE", "no xcom", `${ti}/extract/xcomEntries/mine`),
  send("POST", "new variable", "/variables", { key: "compat_v", value: { x: 1 }, description: "d" }),
  send("PATCH", "other variable", "/variables/compat_v?update_mask=value", { key: "compat_v", value: "2" }),
  send("GET", "variable", "/variables/compat_v"),
  send("PATCH", "variables at once", "/variables", {
    actions: [
      { action: "create", entities: [{ key: "compat_v", value: "1" }] },
      { action: "delete", entities: ["compat_none"], action_on_non_existence: "skip" },
    ],
  }),
  send("DELETE", "no variable", "/variables/compat_v"),
  send("POST", "new connection", "/connections", {
    connection_id: "compat_c",
    conn_type: "http",
    host: "h",
    password: "hidden words",
    extra: '{"token": "t0ken-word", "a": 1}',
  }),
  send("GET", "connection", "/connections/compat_c"),
  send("DELETE", "no connection", "/connections/compat_c"),
  send("POST", "new pool", "/pools", { name: "compat_p", slots: 2 }),
  send("PATCH", "other pool", "/pools/compat_p?update_mask=slots", { slots: 3 }),
  send("DELETE", "no pool", "/pools/compat_p"),
  send("DELETE", "not the default pool", "/pools/default_pool"),
  send("POST", "asset event", "/assets/events", { asset_id: "{asset_id}", extra: { a: 1 } }),
  send("POST", "backfill shown", "/backfills/dry_run", {
    dag_id: "compat_etl",
    from_date: "2024-01-01T00:00:00Z",
    to_date: "2024-01-03T00:00:00Z",
  }),
  send("PATCH", "answer", `${asked}/taskInstances/approve/-1/hitlDetails`, {
    chosen_options: ["Approve"],
    params_input: {},
  }),
  send("PATCH", "second answer", `${asked}/taskInstances/approve/-1/hitlDetails`, {
    chosen_options: ["Approve"],
  }),
  get("the run that asked has ended", asked, { until: ended }),
];

const refusals: readonly Call[] = [
  get("no such dag", "/dags/none"),
  get("no such run", "/dags/compat_etl/dagRuns/none"),
  get("no such task", "/dags/compat_etl/tasks/none"),
  get("no such instance", `${ti}/none`),
  get("mapped without index", `${ti}/double`),
  get("no such xcom", `${ti}/extract/xcomEntries/none`),
  get("no such variable", "/variables/none"),
  get("no such connection", "/connections/none"),
  get("no such pool", "/pools/none"),
  get("no such asset", "/assets/987654"),
  get("no such log", `${ti}/extract/logs/9`),
  get("no such backfill", "/backfills/987654"),
  get("order by what is not there", "/dags?order_by=password"),
  get("a limit that is none", "/dags?limit=-1"),
  get("a large limit", "/dags?limit=1000000000"),
  get("a text for a number", "/dags?limit=abc"),
  get("a state that is none", "/dags/~/dagRuns?state=odd"),
  get("a date that is none", "/dags/~/dagRuns?run_after_gte=yesterday"),
  get("SQL in a pattern", "/dags?dag_id_pattern=%27%3B%20DROP%20TABLE%20dag%3B--"),
  get("a cursor of somebody else's", "/dags/~/dagRuns?cursor=abc"),
  send("POST", "a run that is there", "/dags/compat_etl/dagRuns", {
    dag_run_id: "compat_1",
    logical_date: null,
  }),
  send("POST", "params that do not fit", "/dags/compat_etl/dagRuns", {
    logical_date: null,
    conf: { size: 0 },
  }),
  send("POST", "a field that is none", "/dags/compat_etl/dagRuns", {
    logical_date: null,
    execution_date: null,
  }),
  send("PATCH", "a state that no run may have", run, { state: "running" }),
  send("PATCH", "a state that no instance may have", `${ti}/extract`, { new_state: "queued" }),
  send("POST", "a pool of -2 slots", "/pools", { name: "bad", slots: -2 }),
  send("POST", "a connection id with a slash", "/connections", { connection_id: "a/b", conn_type: "http" }),
  send("POST", "an extra that is no JSON", "/connections", {
    connection_id: "bad",
    conn_type: "http",
    extra: "x",
  }),
  send("POST", "a contradiction", "/dags/compat_etl/clearTaskInstances", {
    only_failed: true,
    only_running: true,
  }),
];

export const calls: readonly Call[] = [...setUp, ...reads, ...changes, ...refusals];

const lookMs = 500;
const mostLooks = 240;

/** Sends all calls, one after the other, and returns what came. */
export async function sendCalls(
  base: string,
  headers: Readonly<Record<string, string>>,
  delay: (ms: number) => Promise<void>,
): Promise<Recorded[]> {
  const kept: { [name: string]: unknown } = {};
  const recorded: Recorded[] = [];
  for (const call of calls) {
    const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(kept[name]));
    const body =
      call.body === undefined
        ? undefined
        : JSON.stringify(call.body).replaceAll('"{asset_id}"', String(kept["asset_id"]));
    for (let look = 1; ; look++) {
      const response = await fetch(`${base}/api/v2${path}`, {
        method: call.method,
        headers: {
          ...headers,
          accept: call.accept ?? "*/*",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      const answer = text === "" ? null : (JSON.parse(text) as unknown);
      const isThere = call.until === undefined || call.until.is.includes(valueAt(answer, call.until.at));
      if (!isThere && look < mostLooks) {
        await delay(lookMs);
        continue;
      }
      for (const [name, at] of Object.entries(call.keep ?? {})) kept[name] = valueAt(answer, at);
      recorded.push({
        name: call.name,
        method: call.method,
        path: call.path,
        status: response.status,
        body: answer,
      });
      break;
    }
  }
  return recorded;
}

function valueAt(value: unknown, at: readonly (string | number)[]): unknown {
  return at.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | null)?.[key], value);
}
