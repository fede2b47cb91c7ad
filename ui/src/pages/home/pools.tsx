import { useTranslation } from "react-i18next";
import type { Home } from "../../api/types.ts";
import { Link } from "../../components/link.tsx";
import { StateBar } from "../../components/state.tsx";
import { Panel } from "./panel.tsx";

export function Pools({ home }: { home: Home }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t("Slots in use")}
      aside={
        <Link to="/pools" className="link">
          {t("Pools")}
        </Link>
      }
    >
      <ul className="flex flex-col gap-2.5 px-4 pb-4">
        {home.pools.map((pool) => {
          const used = pool.running + pool.queued;
          const open = pool.slots < 0 ? 0 : Math.max(0, pool.slots - used);
          return (
            <li key={pool.name}>
              <div className="mb-1 flex text-xs">
                <span className="min-w-0 truncate">{pool.name}</span>
                <span className="ml-auto text-faint tabular-nums">
                  {used} / {pool.slots < 0 ? "∞" : pool.slots}
                  {pool.scheduled > 0 ? ` · ${t("{{count}} waiting", { count: pool.scheduled })}` : ""}
                </span>
              </div>
              <StateBar
                counts={{ running: pool.running, queued: pool.queued, deferred: pool.deferred, none: open }}
              />
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
