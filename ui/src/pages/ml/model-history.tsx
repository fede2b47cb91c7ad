/** Which version stood where, since when, and who put it there. */
import { useTranslation } from "react-i18next";
import { useModelHistory } from "../../api/tracking.ts";
import type { ModelEvent } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { Empty, Loaded } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { AliasChip, StageChip } from "./stages.tsx";

export function ModelHistory({ name, version }: { name: string; version?: string }) {
  const { t } = useTranslation();
  return (
    <Loaded query={useModelHistory(name, version)}>
      {({ events }) =>
        events.length === 0 ? (
          <Empty icon="history" title={t("Nothing happened to it yet")} />
        ) : (
          <ol aria-label={t("History")} className="card divide-y divide-line">
            {events.map((event, index) => (
              // Nothing is put before an old event but new ones.
              <li
                key={events.length - index}
                className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5"
              >
                <span className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5">
                  <Happened name={name} event={event} />
                </span>
                <span className="text-xs text-faint">{event.user_id ?? t("the system")}</span>
                <span className="text-xs text-soft">
                  <Time at={event.timestamp} style="full" />
                </span>
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}

function Happened({ name, event }: { name: string; event: ModelEvent }) {
  const { t } = useTranslation();
  const version = (
    <Link to={paths.modelVersion(name, Number(event.version))} className="link font-medium">
      v{event.version}
    </Link>
  );
  switch (event.kind) {
    case "created":
      return (
        <>
          {version} {t("was registered")}
        </>
      );
    case "deleted":
      return (
        <>
          <span className="font-medium">v{event.version}</span> {t("was deleted")}
        </>
      );
    case "stage":
      return (
        <>
          {version} <StageChip stage={event.previous_stage ?? "None"} /> →{" "}
          <StageChip stage={event.stage ?? "None"} />
        </>
      );
    case "alias_set":
      return (
        <>
          <AliasChip alias={event.alias ?? ""} />
          {event.previous_version === undefined ? null : (
            <span className="text-soft">v{event.previous_version}</span>
          )}
          → {version}
        </>
      );
    case "alias_removed":
      return (
        <>
          <AliasChip alias={event.alias ?? ""} /> {t("was taken from")} {version}
        </>
      );
  }
}
