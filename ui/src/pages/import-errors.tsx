/** Files that did not import, each with the line that is wrong. The last good version of their Dags keeps running. */
import { useTranslation } from "react-i18next";
import { useImportErrors } from "../api/queries.ts";
import type { ImportProblem } from "../api/types.ts";
import { paths } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { Time } from "../components/time.tsx";

export function View() {
  const { t } = useTranslation();
  return (
    <Page title={t("Import errors")} crumbs={[{ label: t("Dags"), to: paths.dags }]}>
      <Loaded query={useImportErrors()}>
        {(problems) =>
          problems.length === 0 ? (
            <Empty icon="check" title={t("Every file imports")} />
          ) : (
            <ul className="flex flex-col gap-4">
              {problems.map((problem) => (
                <Problem key={problem.id} problem={problem} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

function Problem({ problem }: { problem: ImportProblem }) {
  const { t } = useTranslation();
  return (
    <li className="card overflow-hidden">
      <div className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2.5">
        <h2 className="font-mono text-sm font-semibold break-all">
          {problem.file}
          {problem.line === null ? "" : `:${problem.line}`}
          {problem.column === null || problem.line === null ? "" : `:${problem.column}`}
        </h2>
        <span className="ml-auto text-xs text-faint">
          <Time at={problem.occurredAt} relative />
        </span>
      </div>
      <p className="px-4 py-3 break-words whitespace-pre-wrap text-danger-text">{problem.message}</p>
      {problem.excerpt.length === 0 ? null : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways
        <pre tabIndex={0} className="overflow-x-auto border-t bg-sunken py-2 font-mono text-xs leading-5">
          {problem.excerpt.map(({ line, text }) => (
            <span
              key={line}
              className={`flex px-4 ${line === problem.line ? "bg-danger-soft text-danger-text" : ""}`}
            >
              <span className="w-10 shrink-0 pr-3 text-right text-faint select-none">{line}</span>
              <span>{text || " "}</span>
            </span>
          ))}
        </pre>
      )}
      <details className="border-t px-4 py-2 text-xs">
        <summary className="text-soft">{t("Whole stack")}</summary>
        <pre className="mt-2 overflow-x-auto font-mono whitespace-pre-wrap text-soft">
          {problem.stacktrace}
        </pre>
      </details>
    </li>
  );
}
