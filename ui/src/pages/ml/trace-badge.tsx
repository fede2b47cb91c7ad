/** How a trace stands. */
import { useTranslation } from "react-i18next";
import type { TraceState } from "../../api/traces.ts";
import type { AnyState } from "../../api/types.ts";
import { StateIcon } from "../../components/state.tsx";

const signs: Record<TraceState, AnyState> = {
  OK: "success",
  ERROR: "failed",
  IN_PROGRESS: "running",
  STATE_UNSPECIFIED: "none",
};

export function useTraceStateName(): (state: TraceState) => string {
  const { t } = useTranslation();
  const names: Record<TraceState, string> = {
    OK: t("success"),
    ERROR: t("failed"),
    IN_PROGRESS: t("running"),
    STATE_UNSPECIFIED: t("no state"),
  };
  return (state) => names[state];
}

export function TraceBadge({ state }: { state: TraceState }) {
  const name = useTraceStateName()(state);
  return (
    <span
      className="inline-flex items-center gap-1.5 text-xs font-medium whitespace-nowrap"
      data-trace={state}
    >
      <StateIcon state={signs[state]} size={14} />
      {name}
    </span>
  );
}
