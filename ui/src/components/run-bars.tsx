/** The newest runs of a Dag as bars: colour says how, height says how long. */
import { useTranslation } from "react-i18next";
import type { RunBar } from "../api/types.ts";
import { Link, paths } from "./link.tsx";
import { stateColor, useStateName } from "./state.tsx";
import { durationText, useFormat } from "./time.tsx";

/** So many fit beside a name where there is little room. */
const onPhone = 7;

export function RunBars({
  dagId,
  runs,
  height = 26,
}: {
  dagId: string;
  runs: readonly RunBar[];
  height?: number;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const format = useFormat();
  const now = Date.now();
  const lengths = runs.map((run) => (run.startDate === null ? 0 : (run.endDate ?? now) - run.startDate));
  const longest = Math.max(1, ...lengths);
  if (runs.length === 0) return <span className="text-xs text-faint">{t("No run yet")}</span>;
  return (
    <span className="inline-flex items-end gap-[2px]" style={{ height }}>
      {runs.map((run, index) => {
        const words = `${name(run.state)} · ${format(run.runAfter)} · ${durationText(lengths[index])}`;
        return (
          <Link
            key={run.runId}
            to={paths.run(dagId, run.runId)}
            title={`${words}\n${run.runId}`}
            aria-label={`${run.runId}: ${words}`}
            className={`h-full w-[7px] items-end ${index < runs.length - onPhone ? "hidden sm:flex" : "flex"}`}
          >
            <span
              className={`w-full rounded-[2px] hover:brightness-125 ${run.state === "running" ? "is-running" : ""}`}
              style={{
                height: Math.max(4, Math.round(((lengths[index] ?? 0) / longest) * height)),
                background: stateColor(run.state),
              }}
            />
          </Link>
        );
      })}
    </span>
  );
}
