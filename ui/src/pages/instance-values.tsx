/** What a task instance returned, and what its templates became. */
import { useTranslation } from "react-i18next";
import { useRendered, useXComs } from "../api/queries.ts";
import type { InstanceDetail } from "../api/types.ts";
import { JsonView } from "../components/json-view.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { Time } from "../components/time.tsx";

export function InstanceXComs({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const { dagId, runId, taskId, mapIndex } = instance;
  return (
    <Loaded query={useXComs(dagId, runId, taskId, mapIndex)}>
      {(items) =>
        items.length === 0 ? (
          <Empty icon="assets" title={t("It has returned nothing")} />
        ) : (
          <ul className="flex flex-col gap-3">
            {items.map((item) => (
              <li key={item.key} className="card overflow-hidden">
                <div className="flex items-baseline gap-3 border-b px-4 py-2">
                  <h2 className="font-mono text-sm font-semibold">{item.key}</h2>
                  <span className="ml-auto text-xs text-faint">
                    <Time at={item.createdAt} style="full" />
                  </span>
                </div>
                <div className="p-4">
                  {item.ref === null ? (
                    <JsonView value={item.value} />
                  ) : (
                    <p className="font-mono text-xs break-all text-soft">
                      {item.ref.uri} · {item.ref.mediaType} · {item.ref.bytes} B
                    </p>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

export function InstanceRendered({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const { dagId, runId, taskId, mapIndex } = instance;
  return (
    <Loaded query={useRendered(dagId, runId, taskId, mapIndex)}>
      {(fields) => {
        const entries = Object.entries(fields ?? {});
        if (entries.length === 0)
          return <Empty icon="code" title={t("The task has no rendered templates")} />;
        return (
          <div className="flex flex-col gap-3">
            {entries.map(([name, value]) => (
              <section key={name} className="card overflow-hidden">
                <h2 className="border-b px-4 py-2 font-mono text-sm font-semibold">{name}</h2>
                <div className="p-4">
                  {typeof value === "string" ? (
                    <pre className="overflow-x-auto font-mono text-xs whitespace-pre-wrap">{value}</pre>
                  ) : (
                    <JsonView value={value} />
                  )}
                </div>
              </section>
            ))}
          </div>
        );
      }}
    </Loaded>
  );
}
