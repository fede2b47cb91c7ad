/** States as colour and sign: the sign tells them apart where colours do not. */
import { useTranslation } from "react-i18next";
import type { AnyState } from "../api/types.ts";

/** The 13 states of a task instance in the order of pages, and the one without. */
export const allStates = [
  "running",
  "queued",
  "scheduled",
  "success",
  "failed",
  "upstream_failed",
  "skipped",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "awaiting_input",
  "restarting",
  "removed",
  "none",
] as const satisfies readonly AnyState[];

/** As Airflow's users say them; the key of the translation, too. */
const stateNames: Record<AnyState, string> = {
  success: "success",
  failed: "failed",
  upstream_failed: "upstream failed",
  running: "running",
  queued: "queued",
  scheduled: "scheduled",
  skipped: "skipped",
  up_for_retry: "up for retry",
  up_for_reschedule: "up for reschedule",
  deferred: "deferred",
  awaiting_input: "awaiting input",
  restarting: "restarting",
  removed: "removed",
  none: "no state",
};

export const stateColor = (state: string | null): string => `var(--s-${state ?? "none"})`;

const signs: Record<AnyState, string> = {
  success: "M4 8.4 6.8 11 12 5.2",
  failed: "M5 5l6 6M11 5l-6 6",
  upstream_failed: "M8 3.8v5M8 12v.2",
  running: "M6 4.6v6.8l5.4-3.4z",
  queued: "M4.5 8h7",
  scheduled: "M8 4.6V8l2.4 1.6",
  skipped: "M4.5 5l3.5 3-3.5 3M8.5 5 12 8l-3.5 3",
  up_for_retry: "M11.4 8A3.4 3.4 0 1 1 10 5.2M11.4 4v2.2H9.2",
  up_for_reschedule: "M8 4.6V8H5",
  deferred: "M6.3 5v6M9.7 5v6",
  awaiting_input: "M6.2 6.3a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.2M8 11.6v.1",
  restarting: "M4.6 8A3.4 3.4 0 1 0 6 5.2M4.6 4v2.2h2.2",
  removed: "M4.5 8h7",
  none: "",
};

export function StateIcon({ state, size = 16 }: { state: AnyState | null; size?: number }) {
  const shown = state ?? "none";
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      className={`shrink-0 ${shown === "running" ? "is-running" : ""}`}
    >
      {shown === "none" ? (
        <circle cx="8" cy="8" r="5.6" fill="none" stroke="var(--ink-faint)" strokeDasharray="2.4 2.2" />
      ) : (
        <>
          <circle cx="8" cy="8" r="7.2" fill={stateColor(shown)} />
          <path
            d={signs[shown]}
            fill={shown === "running" ? "#fff" : "none"}
            stroke="#fff"
            strokeWidth="1.6"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </>
      )}
    </svg>
  );
}

export function useStateName(): (state: AnyState | null) => string {
  const { t } = useTranslation();
  return (state) => t(stateNames[state ?? "none"]);
}

export function StateBadge({ state, small = false }: { state: AnyState | null; small?: boolean }) {
  const name = useStateName()(state);
  return (
    <span
      className={`inline-flex items-center gap-1.5 align-middle font-medium whitespace-nowrap ${small ? "text-xs" : "text-sm"}`}
      data-state={state ?? "none"}
    >
      <StateIcon state={state} size={small ? 14 : 16} />
      {name}
    </span>
  );
}

/** How many are in each state, as one bar. */
export function StateBar({ counts, height = 6 }: { counts: { [state: string]: number }; height?: number }) {
  const name = useStateName();
  const parts = allStates.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count > 0 ? [{ state, count }] : [];
  });
  const label = parts.map(({ state, count }) => `${count} ${name(state)}`).join(", ");
  return (
    <span
      className="flex w-full min-w-10 overflow-hidden rounded-full bg-sunken"
      style={{ height }}
      role="img"
      aria-label={label}
      title={label}
    >
      {parts.map(({ state, count }) => (
        <span key={state} style={{ flexGrow: count, background: stateColor(state), minWidth: 2 }} />
      ))}
    </span>
  );
}
