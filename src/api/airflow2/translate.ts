/** Words of Airflow 2's REST API for those of Airflow 3's, both ways. Pure. */

/** `execution_date` became `logical_date`; a Dag that is not active is stale. */
export function newQuery(query: string): string {
  const renamed = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "only_active") renamed.append("exclude_stale", value);
    else if (name === "order_by") renamed.append(name, newOrder(value));
    else renamed.append(name.replace(/^execution_date/, "logical_date"), value);
  }
  return renamed.toString();
}

function newOrder(order: string): string {
  return order.replace(/^(-?)execution_date$/, "$1logical_date");
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** @param now For a run that names no date: Airflow 2 gave it the present one. */
export function newBody(method: string, path: string, body: unknown, now: number): unknown {
  const isNewRun = method === "POST" && path.endsWith("/dagRuns");
  if (!isFields(body)) return isNewRun && body === undefined ? { logical_date: isoOf(now) } : body;
  const renamed = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/^execution_date/, "logical_date"),
      name === "order_by" && typeof value === "string" ? newOrder(value) : value,
    ]),
  );
  return isNewRun ? { logical_date: isoOf(now), ...renamed } : renamed;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** The answer with the fields that v1 had beside those that stayed. */
export function oldAnswer(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(oldAnswer);
  if (!isFields(value)) return value;
  const fields = Object.fromEntries(
    // What people wrote themselves stays as they wrote it.
    Object.entries(value).map(([name, inner]) => [name, verbatim.has(name) ? inner : oldAnswer(inner)]),
  );
  if ("logical_date" in fields) fields["execution_date"] = fields["logical_date"];
  if ("run_type" in fields) fields["external_trigger"] = fields["run_type"] === "manual";
  if ("is_stale" in fields) Object.assign(fields, oldDag(fields));
  return fields;
}

const verbatim = new Set(["conf", "value", "extra", "params", "rendered_fields"]);

function oldDag(fields: Fields): Fields {
  const summary = fields["timetable_summary"];
  return {
    is_active: fields["is_stale"] !== true,
    schedule_interval: typeof summary === "string" ? { __type: "CronExpression", value: summary } : null,
    root_dag_id: null,
    is_subdag: false,
  };
}

/** RFC 7807, as connexion wrote it. */
export function oldProblem(status: number, value: unknown): Fields {
  const detail = isFields(value) ? value["detail"] : value;
  const text = typeof detail === "string" ? detail : JSON.stringify(detail);
  return { detail: text, status, title: titles[status] ?? "Error", type: "about:blank" };
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
