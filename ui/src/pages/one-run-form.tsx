/** The form that starts one run: a field for each param, or all of them as JSON; and what else can be said of a run. */
import type { TFunction } from "i18next";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type TriggerBody, trigger } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import type { DagHeader, Json, ParamSpec } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { InstantInput } from "../components/instant-input.tsx";
import { paths, useGo } from "../components/link.tsx";
import { useTimezone } from "../components/preferences.ts";
import { jsonProblem } from "./json-problem.ts";
import { checkParams, defaultsOf, ParamsForm } from "./params-form.tsx";

interface Conf {
  values: { [name: string]: Json | undefined };
  /** JSON, while it is written as that. */
  text: string | null;
}

const parsed = (text: string): Conf["values"] => JSON.parse(text.trim() === "" ? "{}" : text);

function problemsOf(
  params: DagHeader["params"],
  { values, text }: Conf,
  t: TFunction,
): { [name: string]: string } {
  if (text === null) return checkParams(params, values, t);
  // JSON may hold what is no param: whether that is allowed the server knows.
  const problem = jsonProblem(text, t);
  return problem === null ? {} : { json: problem };
}

export function OneRunForm({ dag, onClose }: { dag: DagHeader; onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const [conf, setConf] = useState<Conf>(() => ({ values: defaultsOf(dag.params), text: null }));
  const [logicalDate, setLogicalDate] = useState<number | null>(null);
  const [errors, setErrors] = useState<{ [name: string]: string }>({});
  const act = useAct(async (body: TriggerBody) => {
    const run = await trigger(dag.dagId, body);
    onClose();
    go(paths.run(dag.dagId, run.dag_run_id));
  }, t("A run was started"));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const found = problemsOf(dag.params, conf, t);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const form = new FormData(event.currentTarget);
    const given = (name: string): string => String(form.get(name) ?? "").trim();
    act.mutate({
      logical_date: logicalDate === null ? null : new Date(logicalDate).toISOString(),
      conf: conf.text === null ? conf.values : parsed(conf.text),
      ...(given("run_id") === "" ? {} : { dag_run_id: given("run_id") }),
      ...(given("note") === "" ? {} : { note: given("note") }),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
      {dag.isPaused ? (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-warn-text">
          {t("The Dag is paused: the run waits until somebody unpauses it.")}
        </p>
      ) : null}
      <ConfFields params={dag.params} conf={conf} errors={errors} onChange={setConf} />
      <RunFields logicalDate={logicalDate} onLogicalDate={setLogicalDate} />
      <div className="flex justify-end gap-2 border-t pt-4">
        <Button onClick={onClose}>{t("Cancel")}</Button>
        <Button kind="primary" type="submit" icon="play" disabled={act.isPending}>
          {t("Trigger")}
        </Button>
      </div>
    </form>
  );
}

function ConfFields({
  params,
  conf: { values, text },
  errors,
  onChange,
}: {
  params: { [name: string]: ParamSpec };
  conf: Conf;
  errors: { [name: string]: string };
  onChange: (conf: Conf) => void;
}) {
  const { t } = useTranslation();
  const turn = (): void => {
    if (text === null) onChange({ values, text: JSON.stringify(values, null, 2) });
    else if (jsonProblem(text, t) === null) onChange({ values: parsed(text), text: null });
  };
  return (
    <>
      {text === null ? (
        <ParamsForm
          params={params}
          values={values}
          onChange={(next) => onChange({ values: next, text })}
          errors={errors}
        />
      ) : (
        <Field label={t("Configuration as JSON")} error={errors["json"] ?? null}>
          {(id) => (
            <textarea
              id={id}
              rows={10}
              spellCheck={false}
              value={text}
              onChange={(event) => onChange({ values, text: event.target.value })}
              className="field font-mono text-xs"
            />
          )}
        </Field>
      )}
      <button type="button" className="link self-start text-xs" onClick={turn}>
        {text === null ? t("Edit as JSON") : t("Back to the form")}
      </button>
    </>
  );
}

function RunFields({
  logicalDate,
  onLogicalDate,
}: {
  logicalDate: number | null;
  onLogicalDate: (at: number | null) => void;
}) {
  const { t } = useTranslation();
  const zone = useTimezone();
  return (
    <details>
      <summary className="text-soft">{t("Date, run id and note")}</summary>
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        <Field
          label={t("Logical date")}
          hint={`${t("Empty: a run without one")} · ${t("On the clock of {{zone}}", { zone })}`}
        >
          {(id) => <InstantInput id={id} at={logicalDate} onChange={onLogicalDate} />}
        </Field>
        <Field label={t("Run id")}>
          {(id) => <input id={id} name="run_id" maxLength={250} className="field" />}
        </Field>
        <div className="sm:col-span-2">
          <Field label={t("Note")}>
            {(id) => <textarea id={id} name="note" rows={2} className="field w-full" />}
          </Field>
        </div>
      </div>
    </details>
  );
}
