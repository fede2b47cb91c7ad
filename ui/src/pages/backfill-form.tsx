/** Many runs over a range of dates; what they would be is shown before anything starts. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type BackfillBody, backfill, backfillPreview } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { Field, Select } from "../components/field.tsx";
import { useFormat } from "../components/time.tsx";
import { sayError } from "../components/toast.tsx";

type Reprocess = BackfillBody["reprocess_behavior"];

export function BackfillForm({ dagId, onDone }: { dagId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [reprocess, setReprocess] = useState<Reprocess>("none");
  const [backwards, setBackwards] = useState(false);
  const [active, setActive] = useState(10);
  const [preview, setPreview] = useState<{ dates: string[]; total: number } | null>(null);
  const ready = from !== "" && to !== "" && from <= to;
  const body = (): BackfillBody => ({
    dag_id: dagId,
    from_date: new Date(from).toISOString(),
    to_date: new Date(to).toISOString(),
    run_backwards: backwards,
    reprocess_behavior: reprocess,
    max_active_runs: active,
  });
  const start = useAct(() => backfill(body()).then(onDone), t("The backfill was started"));
  const look = (): void => {
    backfillPreview(body())
      .then(({ backfills, total_entries }) =>
        setPreview({ dates: backfills.map(({ logical_date }) => logical_date ?? ""), total: total_entries }),
      )
      .catch(sayError);
  };
  const changed =
    <Value,>(set: (value: Value) => void) =>
    (value: Value): void => {
      set(value);
      setPreview(null);
    };
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={t("From")}>
          {(id) => (
            <input
              id={id}
              type="datetime-local"
              value={from}
              onChange={(e) => changed(setFrom)(e.target.value)}
              className="field"
            />
          )}
        </Field>
        <Field
          label={t("To")}
          error={from !== "" && to !== "" && from > to ? t("It lies before the start") : null}
        >
          {(id) => (
            <input
              id={id}
              type="datetime-local"
              value={to}
              onChange={(e) => changed(setTo)(e.target.value)}
              className="field"
            />
          )}
        </Field>
        <Field label={t("Dates that have a run already")}>
          {(id) => (
            <Select<Reprocess>
              id={id}
              value={reprocess}
              onChange={changed(setReprocess)}
              options={[
                { value: "none", label: t("leave them") },
                { value: "failed", label: t("run again what failed") },
                { value: "completed", label: t("run all of them again") },
              ]}
            />
          )}
        </Field>
        <Field label={t("Runs at a time")}>
          {(id) => (
            <input
              id={id}
              type="number"
              min={1}
              value={active}
              onChange={(e) => changed(setActive)(Math.max(1, Number(e.target.value)))}
              className="field"
            />
          )}
        </Field>
      </div>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={backwards}
          onChange={(e) => changed(setBackwards)(e.target.checked)}
          className="size-4 accent-[var(--accent)]"
        />
        {t("Newest first")}
      </label>
      {preview === null ? null : (
        <div className="rounded-md bg-sunken p-3" data-testid="backfill-preview">
          <p className="mb-1 font-medium">{t("{{count}} runs", { count: preview.total })}</p>
          <p className="max-h-28 overflow-y-auto text-xs text-soft">
            {preview.dates
              .slice(0, 200)
              .map((date) => format(Date.parse(date)))
              .join(" · ")}
            {preview.total > 200 ? " …" : ""}
          </p>
        </div>
      )}
      <div className="flex justify-end gap-2 border-t pt-4">
        <Button onClick={look} disabled={!ready} icon="list">
          {t("Preview")}
        </Button>
        <Button
          kind="primary"
          icon="play"
          disabled={!ready || preview === null || preview.total === 0 || start.isPending}
          onClick={() => start.mutate(undefined)}
        >
          {t("Start the backfill")}
        </Button>
      </div>
    </div>
  );
}
