/** What a filter of runs may say, with examples that can be taken. */
import { useTranslation } from "react-i18next";
import { Dialog } from "../../components/dialog.tsx";

export function FilterHelp({ onClose, onTake }: { onClose: () => void; onTake: (example: string) => void }) {
  const { t } = useTranslation();
  const examples: [string, string][] = [
    ["metrics.accuracy > 0.9", t("the last value of a metric: > >= = != < <=")],
    ["params.model = 'forest'", t("a parameter: = != LIKE ILIKE, IS NULL, IS NOT NULL; values in quotes")],
    ["tags.team LIKE 'data%'", t("a tag; LIKE knows % and _, ILIKE does not mind capitals")],
    [
      "attributes.status = 'FAILED'",
      t("an attribute: run_name, status, user_id, start_time, end_time, run_id"),
    ],
    ["dataset.name = 'churn'", t("a data set: name, digest, context")],
    ["metrics.loss < 0.1 AND (params.lr = '0.01' OR NOT tags.team = 'x')", t("AND, OR, NOT and parentheses")],
    ["metrics.`f1 score` >= 0.5", t("names with spaces stand in backticks")],
    ["forest", t("a word alone is part of a run's name")],
  ];
  return (
    <Dialog open wide title={t("Filters of runs")} onClose={onClose}>
      <p className="mb-3 text-soft">{t("Enter applies a filter. A click takes an example.")}</p>
      <dl className="grid gap-x-4 gap-y-2 sm:grid-cols-[auto_1fr]">
        {examples.map(([example, words]) => (
          <div key={example} className="contents">
            <dt className="min-w-0">
              <button
                type="button"
                onClick={() => onTake(example)}
                className="max-w-full rounded border border-line-strong bg-sunken px-1.5 py-0.5 text-left font-mono text-xs break-words hover:border-accent"
              >
                {example}
              </button>
            </dt>
            <dd className="mb-1 text-soft">{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
