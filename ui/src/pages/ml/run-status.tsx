/** How a tracked run, a trial or a model version stands. */
import { useTranslation } from "react-i18next";
import type { RunStatus, TrialState } from "../../api/tracking-types.ts";
import type { AnyState } from "../../api/types.ts";
import { StateIcon } from "../../components/state.tsx";

const signOf: Record<RunStatus, AnyState> = {
  RUNNING: "running",
  SCHEDULED: "scheduled",
  FINISHED: "success",
  FAILED: "failed",
  KILLED: "upstream_failed",
};

export function useStatusName(): (status: RunStatus) => string {
  const { t } = useTranslation();
  const names: Record<RunStatus, string> = {
    RUNNING: t("running"),
    SCHEDULED: t("scheduled"),
    FINISHED: t("finished"),
    FAILED: t("failed"),
    KILLED: t("killed"),
  };
  return (status) => names[status];
}

export function StatusIcon({ status, size = 14 }: { status: RunStatus; size?: number }) {
  const name = useStatusName()(status);
  return (
    <span title={name} className="inline-flex shrink-0" data-status={status}>
      <StateIcon state={signOf[status]} size={size} />
      <span className="sr-only">{name}</span>
    </span>
  );
}

export function StatusBadge({ status }: { status: RunStatus }) {
  const name = useStatusName()(status);
  return (
    <span
      className="inline-flex items-center gap-1.5 text-xs font-medium whitespace-nowrap"
      data-status={status}
    >
      <StateIcon state={signOf[status]} size={14} />
      {name}
    </span>
  );
}

const signOfTrial: Record<TrialState, AnyState> = {
  waiting: "scheduled",
  running: "running",
  complete: "success",
  pruned: "skipped",
  fail: "failed",
};

export function useTrialStateName(): (state: TrialState) => string {
  const { t } = useTranslation();
  const names: Record<TrialState, string> = {
    waiting: t("waiting"),
    running: t("running"),
    complete: t("complete"),
    pruned: t("pruned"),
    fail: t("failed"),
  };
  return (state) => names[state];
}

export function TrialBadge({ state }: { state: TrialState }) {
  const name = useTrialStateName()(state);
  return (
    <span className="inline-flex items-center gap-1.5 text-xs whitespace-nowrap" data-trial={state}>
      <StateIcon state={signOfTrial[state]} size={14} />
      {name}
    </span>
  );
}
