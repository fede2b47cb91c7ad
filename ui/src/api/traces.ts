/** Traces of calls, over MLflow's own protocol: a list page by page, and one with its spans. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { change, get } from "./client.ts";

export type TraceState = "OK" | "ERROR" | "IN_PROGRESS" | "STATE_UNSPECIFIED";

export interface WireTrace {
  trace_id: string;
  request_time: string;
  /** Seconds, with an "s" behind them. */
  execution_duration?: string;
  state: TraceState;
  request_preview?: string;
  response_preview?: string;
  trace_metadata?: { [key: string]: string };
  tags?: { [key: string]: string };
  assessments?: {
    assessment_id: string;
    assessment_name: string;
    feedback?: { value?: unknown; error?: unknown };
    expectation?: { value?: unknown };
    rationale?: string;
    source?: { source_type?: string; source_id?: string };
  }[];
}

const pageSize = 50;

export function useTraces(experimentId: string, filter: string) {
  return useInfiniteQuery({
    queryKey: ["ml", [`experiment:${experimentId}`], "traces", filter],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      change<{ traces?: WireTrace[]; next_page_token?: string }>(
        "POST",
        "/ajax-api/3.0/mlflow/traces/search",
        {
          locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }],
          filter,
          order_by: ["timestamp DESC"],
          max_results: pageSize,
          ...(pageParam === "" ? {} : { page_token: pageParam }),
        },
      ),
    getNextPageParam: ({ next_page_token }) => next_page_token,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useTrace(experimentId: string, traceId: string) {
  return useQuery({
    queryKey: ["ml", [`experiment:${experimentId}`], "trace", traceId],
    queryFn: ({ signal }) =>
      get<{ trace: { trace_info: WireTrace; spans?: Record<string, unknown>[] } }>(
        "/ajax-api/3.0/mlflow/traces/get",
        { trace_id: traceId },
        signal,
      ),
  });
}

export const traceName = ({ tags, trace_id }: WireTrace): string => tags?.["mlflow.traceName"] ?? trace_id;
export const traceRun = ({ trace_metadata }: WireTrace): string | undefined =>
  trace_metadata?.["mlflow.sourceRun"];
/** Milliseconds. */
export const traceTook = ({ execution_duration }: WireTrace): number | null =>
  execution_duration === undefined ? null : Number.parseFloat(execution_duration) * 1000;
