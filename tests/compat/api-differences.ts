/**
 * Where our answers may differ from Airflow's, and why. `call` is a name of api-calls.ts or "*"; `at` a path of fields,
 * in which `[]` is any element; the difference is in the type of what stands there, or in its being there.
 */
export interface AllowedDifference {
  readonly call: string;
  readonly at: string;
  readonly why: string;
}

export const allowedDifferences: readonly AllowedDifference[] = [
  {
    call: "*",
    at: "last_parse_duration",
    why: "how long an import took is in the log, not kept with the Dag",
  },
  {
    call: "*",
    at: "last_scheduling_decision",
    why: "runs are looked at when something changes: there is no such instant",
  },
  {
    call: "*",
    at: "unixname",
    why: "the user of a task's process is the worker's; it is not kept by attempt",
  },
  { call: "*", at: "default_args", why: "arguments are kept with each task, where they ended up" },
  {
    call: "details of a Dag on an asset",
    at: "asset_expression.all",
    why: "a schedule of one asset is that asset, not a conjunction of one",
  },
  { call: "details of a Dag on an asset", at: "asset_expression.asset", why: "see asset_expression.all" },
  {
    call: "log",
    at: "*",
    why: "what stands on a line beside its text is its writer's; the attempt is in the path",
  },
  {
    call: "event logs",
    at: "*",
    why: "the newest entries are about other things: each field may be null in both",
  },
  { call: "jobs", at: "end_date", why: "no job had ended when ours were listed" },
  { call: "providers", at: "documentation_url", why: "what is built in has no page of its own" },
  {
    call: "other pool",
    at: "status",
    why: "with an update mask the name may be left out; Airflow wants it all the same",
  },
  { call: "a limit that is none", at: "detail[].input", why: "a number that was read is told as one" },
  { call: "a state that is none", at: "detail", why: "told in the form of every other invalid parameter" },
  { call: "a date that is none", at: "detail[].ctx", why: "the parser's own words are Python's" },
  { call: "a run that is there", at: "detail", why: "in words, where Airflow shows its SQL statement" },
  { call: "an extra that is no JSON", at: "detail[].ctx", why: "the exception's name is Python's" },
  { call: "a contradiction", at: "detail[].ctx", why: "the exception's name is Python's" },
];
