import type { TrialState } from "../../api/tracking-types.ts";
import { useTrialStateName } from "./run-status.tsx";

const colors: Record<TrialState, string> = {
  complete: "--s-success",
  running: "--s-running",
  waiting: "--s-scheduled",
  pruned: "--s-skipped",
  fail: "--s-failed",
};
const order = Object.keys(colors) as TrialState[];

/** How many trials are in each state, as a bar and in words. */
export function TrialCounts({ counts }: { counts: { [state in TrialState]?: number } }) {
  const name = useTrialStateName();
  const parts = order.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
  if (parts.length === 0) return <span className="text-faint">0</span>;
  const words = parts.map(({ state, count }) => `${count} ${name(state)}`).join(", ");
  return (
    <span className="flex min-w-32 flex-col gap-1">
      <span className="text-xs text-soft">{words}</span>
      <span className="flex h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
        {parts.map(({ state, count }) => (
          <span key={state} style={{ flexGrow: count, minWidth: 2, background: `var(${colors[state]})` }} />
        ))}
      </span>
    </span>
  );
}
