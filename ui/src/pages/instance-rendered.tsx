/** What the templates of a task instance became. */
import { useTranslation } from "react-i18next";
import { useRendered } from "../api/queries.ts";
import type { InstanceDetail } from "../api/types.ts";
import { JsonView } from "../components/json-view.tsx";
import { Empty, Loaded } from "../components/page.tsx";

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
