/** SearchTraces. */
import type { Slice } from "../../core/tracking/entities.ts";
import { type FilterTerm, type TermFilter, traceSubject } from "../../core/tracking/filter-terms.ts";
import type { OrderRules, OrderTerm } from "../../core/tracking/order-by.ts";
import { sourceRunKey, type TraceInfo } from "../../core/tracking/traces.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { bytewise, comparison, compileSearch, epochMs, type SearchTarget } from "./search-sql.ts";
import { traceColumns } from "./traces.ts";

export const traceOrder: OrderRules = {
  subject: traceSubject,
  orderable: ["trace_id", "timestamp", "execution_time", "end_time", "status", "name", "experiment_id"],
};

/** One of the trace's spans fits. */
function hasSpan(term: FilterTerm): Statement | null {
  if (term.entity !== "span") return null;
  const columns: Readonly<Record<string, Statement>> = {
    name: sql`s.name`,
    type: sql`s.span_type`,
    status: sql`s.status`,
    content: sql`s.content::text`,
  };
  const column =
    columns[term.key] ??
    sql`jsonb_path_query_first(s.content::jsonb,
    '$.attributes[*] ? (@.key == $key).value.string_value', ${JSON.stringify({ key: term.key.replace(/^attributes\./, "") })}::jsonb) #>> '{}'`;
  return sql`EXISTS (SELECT FROM trace_span s WHERE s.trace_id = t.trace_id AND ${comparison(sql`(${column})`, term)})`;
}

/** A key of one of the two documents of the row, as a column `value`. */
const keyOf =
  (document: Statement) =>
  (alias: Statement, key: string): Statement =>
    sql`LEFT JOIN LATERAL (SELECT ${document} ->> ${key}::text AS value) ${alias} ON true`;

const target: SearchTarget = {
  attributes: {
    trace_id: bytewise(sql`t.trace_id`),
    status: bytewise(sql`t.state`),
    name: bytewise(sql`(t.tags ->> 'mlflow.traceName')`),
    run_id: bytewise(sql`(t.metadata ->> ${sourceRunKey}::text)`),
    text: sql`(SELECT string_agg(s.content::text, ' ') FROM trace_span s WHERE s.trace_id = t.trace_id)`,
    client_request_id: bytewise(sql`t.client_request_id`),
    timestamp: epochMs(sql`t.request_time`),
    execution_time: sql`t.execution_ms::double precision`,
    end_time: sql`(${epochMs(sql`t.request_time`)} + t.execution_ms)`,
    experiment_id: sql`t.experiment_id`,
  },
  keyed: { tag: keyOf(sql`t.tags`), metadata: keyOf(sql`t.metadata`) },
  other: hasSpan,
};

export interface TraceSearch {
  readonly experimentIds: readonly number[];
  readonly filter: TermFilter | null;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly offset: number;
}

/** By the given order, then the newest first. */
export async function searchTraces(executor: Executor, search: TraceSearch): Promise<Slice<TraceInfo>> {
  const { joins, where, orderBy } = compileSearch(target, search.filter, search.order);
  const rows = await executor.rows<TraceInfo>(sql`
    SELECT ${traceColumns} FROM trace t ${joins}
    WHERE t.experiment_id = ANY (${search.experimentIds}::bigint[]) AND ${where}
    ORDER BY ${orderBy} t.request_time DESC, t.trace_id LIMIT ${search.limit + 1} OFFSET ${search.offset}`);
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}
