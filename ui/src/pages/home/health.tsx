import { useTranslation } from "react-i18next";
import type { HealthPart } from "../../api/types.ts";
import { stateColor } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { Panel } from "./panel.tsx";

export function Health({ parts }: { parts: readonly HealthPart[] }) {
  const { t } = useTranslation();
  const names: Record<HealthPart["part"], string> = {
    database: t("Database"),
    scheduler: t("Scheduler"),
    triggerer: t("Triggerer"),
    "dag-processor": t("Dag files"),
    worker: t("Worker"),
    api: t("API"),
  };
  const colors = { healthy: "success", unhealthy: "failed", absent: "none" } as const;
  const words = { healthy: t("healthy"), unhealthy: t("unhealthy"), absent: t("not started") };
  const shown = parts.filter(
    ({ part, status }) => status !== "absent" || part === "scheduler" || part === "dag-processor",
  );
  return (
    <Panel title={t("Health")}>
      <ul className="grid grid-cols-2 gap-x-4 gap-y-2 px-4 pb-4">
        {shown.map(({ part, status, latestHeartbeat, count }) => (
          <li key={part} className="flex min-w-0 items-center gap-2">
            <span
              className="size-2 shrink-0 rounded-full"
              style={{ background: stateColor(colors[status]) }}
            />
            <span className="min-w-0 truncate">
              {names[part]}
              {count > 1 ? <span className="text-faint"> × {count}</span> : null}
            </span>
            <span className="ml-auto text-xs text-faint">
              {status === "unhealthy" && latestHeartbeat !== null ? (
                <Time at={latestHeartbeat} relative />
              ) : (
                words[status]
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
