/** What a backfill is asked for: from when until when, and what happens to dates that have a run already. */
import { useTranslation } from "react-i18next";
import type { BackfillBody } from "../api/actions.ts";
import { Field, Select } from "../components/field.tsx";
import { InstantInput } from "../components/instant-input.tsx";
import { useTimezone } from "../components/preferences.ts";

type Reprocess = BackfillBody["reprocess_behavior"];

export interface BackfillValues {
  from: number | null;
  to: number | null;
  reprocess: Reprocess;
  /** Runs at a time. */
  active: number;
  backwards: boolean;
  /** JSON, for every run. */
  conf: string;
}

interface FieldsProps {
  values: BackfillValues;
  confProblem: string | null;
  onChange: (values: BackfillValues) => void;
}

export function BackfillFields({ values, confProblem, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const set = (some: Partial<BackfillValues>): void => onChange({ ...values, ...some });
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <Range values={values} set={set} />
        <Field label={t("Dates that have a run already")}>
          {(id) => (
            <Select<Reprocess>
              id={id}
              value={values.reprocess}
              onChange={(reprocess) => set({ reprocess })}
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
              value={values.active}
              onChange={(event) => set({ active: Math.max(1, Number(event.target.value)) })}
              className="field"
            />
          )}
        </Field>
      </div>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={values.backwards}
          onChange={(event) => set({ backwards: event.target.checked })}
          className="size-4 accent-[var(--accent)]"
        />
        {t("Newest first")}
      </label>
      <Conf text={values.conf} problem={confProblem} onChange={(conf) => set({ conf })} />
    </>
  );
}

function Range({
  values: { from, to },
  set,
}: {
  values: BackfillValues;
  set: (some: Partial<BackfillValues>) => void;
}) {
  const { t } = useTranslation();
  const zone = useTimezone();
  const isBackwards = from !== null && to !== null && from > to;
  return (
    <>
      <Field label={t("From")} hint={t("On the clock of {{zone}}", { zone })}>
        {(id) => <InstantInput id={id} at={from} onChange={(at) => set({ from: at })} />}
      </Field>
      <Field label={t("To")} error={isBackwards ? t("It lies before the start") : null}>
        {(id) => <InstantInput id={id} at={to} onChange={(at) => set({ to: at })} />}
      </Field>
    </>
  );
}

function Conf({
  text,
  problem,
  onChange,
}: {
  text: string;
  problem: string | null;
  onChange: (text: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <details>
      <summary className="text-soft">{t("Configuration of the runs")}</summary>
      <div className="mt-3">
        <Field label={t("Configuration as JSON")} error={problem}>
          {(id) => (
            <textarea
              id={id}
              rows={4}
              spellCheck={false}
              value={text}
              onChange={(event) => onChange(event.target.value)}
              className="field font-mono text-xs"
            />
          )}
        </Field>
      </div>
    </details>
  );
}
