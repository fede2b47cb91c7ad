/**
 * Where our answers may differ from Airflow's, and why. `call` is a name of api-calls.ts or "*"; `at` a path of fields,
 * in which `[]` is any element; the difference is in the type of what stands there, or in its being there.
 */
export interface AllowedDifference {
  readonly call: string;
  readonly at: string;
  readonly why: string;
}

const fields = (call: string, list: string, names: readonly string[], why: string): AllowedDifference[] =>
  names.map((name) => ({ call, at: `${list}[].${name}`, why }));

export const allowedDifferences: readonly AllowedDifference[] = [
  ...fields(
    "log",
    "content",
    ["filename", "lineno"],
    "where in the program a line was written is told for errors, by their stack",
  ),
  ...fields(
    "log",
    "content",
    ["ti", "bundle_name", "bundle_version", "dag_file", "bundle_prepare_ms", "dag_file_parse_ms"],
    "what Airflow's runner writes about its own start",
  ),
  ...fields(
    "log",
    "content",
    ["state", "seconds", "max_tries"],
    "what the worker writes about an attempt's end",
  ),
  ...fields(
    "event logs",
    "event_logs",
    ["task_id", "map_index", "try_number", "extra", "task_display_name"],
    "states of instances are not written down a second time here: the newest entries are changes that people made",
  ),
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
