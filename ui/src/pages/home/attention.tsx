/** What needs a person now: answers that are waited for, failures with their causes, what is late or stuck. */
import { useTranslation } from "react-i18next";
import type { Home, HomeItem } from "../../api/types.ts";
import { Icon, type IconName } from "../../components/icons.tsx";
import { Link, paths } from "../../components/link.tsx";
import { StateIcon } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { Panel } from "./panel.tsx";

const icons: Record<HomeItem["kind"], IconName> = {
  failed: "alert",
  stuck: "clock",
  late: "clock",
  person: "inbox",
  import: "code",
};

export function Attention({ home }: { home: Home }) {
  const { t } = useTranslation();
  const { attention, dags, pluginErrors } = home;
  const words: Record<HomeItem["kind"], string> = {
    failed: t("failed"),
    stuck: t("waits too long"),
    late: t("is late"),
    person: t("waits for you"),
    import: t("does not import"),
  };
  const nothing = attention.length === 0 && dags.importErrors === 0 && pluginErrors === 0;
  return (
    <Panel title={t("Needs attention")} aside={attention.length === 0 ? null : attention.length}>
      {nothing ? (
        <p className="flex items-center gap-2 px-4 pb-4 text-soft">
          <StateIcon state="success" /> {t("Nothing failed, nothing is stuck, nobody is waited for.")}
        </p>
      ) : (
        <ul className="pb-1.5">
          {dags.importErrors === 0 ? null : (
            <Item
              to="/import_errors"
              icon="code"
              title={t("{{count}} files did not import", { count: dags.importErrors })}
              what=""
              at={null}
              text=""
            />
          )}
          {pluginErrors === 0 ? null : (
            <Item
              to={paths.admin("plugins")}
              icon="code"
              title={t("{{count}} plugins cannot be loaded", { count: pluginErrors })}
              what=""
              at={null}
              text=""
            />
          )}
          {attention.map((item) => (
            <Item
              key={`${item.kind} ${item.dagId} ${item.runId} ${item.taskId} ${item.mapIndex}`}
              to={pathOf(item)}
              icon={icons[item.kind]}
              title={item.taskId === null ? (item.dagId ?? "") : `${item.dagId} · ${item.taskId}`}
              what={words[item.kind]}
              at={item.at}
              text={item.kind === "failed" ? item.text : ""}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function pathOf({ kind, dagId, runId, taskId, mapIndex }: HomeItem): string {
  if (kind === "person") return paths.inbox;
  if (dagId === null) return "/import_errors";
  if (runId === null) return paths.dag(dagId);
  return taskId === null ? paths.run(dagId, runId) : paths.task(dagId, runId, taskId, mapIndex);
}

function Item({
  to,
  icon,
  title,
  what,
  at,
  text,
}: {
  to: string;
  icon: IconName;
  title: string;
  what: string;
  at: number | null;
  text: string;
}) {
  return (
    <li>
      <Link to={to} className="flex items-start gap-3 px-4 py-2 hover:bg-sunken">
        <span
          className={`mt-0.5 ${icon === "inbox" ? "text-accent-text" : icon === "clock" ? "text-warn-text" : "text-danger-text"}`}
        >
          <Icon name={icon} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block break-words">
            <span className="font-medium">{title}</span> <span className="text-soft">{what}</span>
          </span>
          {text === "" ? null : (
            <span className="line-clamp-2 font-mono text-xs break-words text-danger-text">{text}</span>
          )}
        </span>
        {at === null ? null : (
          <span className="shrink-0 text-xs text-faint">
            <Time at={at} relative />
          </span>
        )}
      </Link>
    </li>
  );
}
