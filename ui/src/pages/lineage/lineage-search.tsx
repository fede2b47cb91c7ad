/** Where to begin: an id that somebody has in hand. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type LineageKind, lineageKinds } from "../../api/lineage.ts";
import { Button } from "../../components/button.tsx";
import { Field, Select } from "../../components/field.tsx";
import { paths, useGo } from "../../components/link.tsx";
import { useLineageKindName } from "./lineage-node.tsx";

const examples: Partial<Record<LineageKind, string>> = {
  endpoint: "churn",
  registered_model: "churn",
  model_version: "churn/3",
  run: "0f6c2a…",
  task_attempt: "train/manual__2026-01-01/fit/-1/1",
  dag_run: "train/manual__2026-01-01",
  dag_version: "train/3",
  dataset: "customers:1a2b3c4d",
  feature_view: "driver/1",
  asset: "1",
};

export function LineageSearch() {
  const { t } = useTranslation();
  const go = useGo();
  const kindName = useLineageKindName();
  const [kind, setKind] = useState<LineageKind>("prediction");
  const [id, setId] = useState("");
  return (
    <form
      className="card max-w-xl p-4"
      onSubmit={(event) => {
        event.preventDefault();
        go(paths.lineage(kind, id.trim()));
      }}
    >
      <p className="mb-4 text-sm text-soft">
        {t(
          "From a prediction back to the model version, the run, the task, the data and the code; and from each of them on to what came of it.",
        )}
      </p>
      <div className="flex flex-wrap items-end gap-3">
        <Field label={t("What")}>
          {(fieldId) => (
            <Select<LineageKind>
              id={fieldId}
              value={kind}
              onChange={setKind}
              options={lineageKinds.map((value) => ({ value, label: kindName(value) }))}
            />
          )}
        </Field>
        <div className="min-w-52 flex-1">
          <Field label={kind === "prediction" ? t("Request id") : "Id"}>
            {(fieldId) => (
              <input
                id={fieldId}
                className="field w-full font-mono"
                placeholder={examples[kind] ?? ""}
                value={id}
                onChange={(event) => setId(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Button kind="primary" type="submit" icon="graph" disabled={id.trim() === ""}>
          {t("Show")}
        </Button>
      </div>
    </form>
  );
}
