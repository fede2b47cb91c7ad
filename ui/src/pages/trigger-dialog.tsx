/** Starts a run by hand: a form made from the Dag's params, or JSON as it is; or many runs, as a backfill. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { trigger } from "../api/actions.ts";
import { useAct, useDag } from "../api/queries.ts";
import type { DagHeader, Json } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field, Segments } from "../components/field.tsx";
import { paths, useGo } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { BackfillForm } from "./backfill-form.tsx";
import { checkParams, defaultsOf, ParamsForm } from "./params-form.tsx";

export function TriggerDialog({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const dag = useDag(dagId);
  const [mode, setMode] = useState<"one" | "many">("one");
  return (
    <Dialog open onClose={onClose} title={t("Trigger {{dag}}", { dag: dagId })} wide={mode === "many"}>
      <Loaded query={dag}>
        {(header) => (
          <>
            <div className="mb-4">
              <Segments
                label={t("How many runs")}
                value={mode}
                onChange={setMode}
                options={[
                  { value: "one", label: t("One run") },
                  { value: "many", label: t("Backfill") },
                ]}
              />
            </div>
            {mode === "one" ? (
              <OneRun dag={header} onClose={onClose} />
            ) : (
              <BackfillForm dagId={dagId} onDone={onClose} />
            )}
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function OneRun({ dag, onClose }: { dag: DagHeader; onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const [values, setValues] = useState<{ [name: string]: Json | undefined }>(() => defaultsOf(dag.params));
  const [text, setText] = useState<string | null>(null);
  const [errors, setErrors] = useState<{ [name: string]: string }>({});
  const act = useAct(async (body: Parameters<typeof trigger>[1]) => {
    const run = await trigger(dag.dagId, body);
    onClose();
    go(paths.run(dag.dagId, run.dag_run_id));
  }, t("A run was started"));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const found = text === null ? checkParams(dag.params, values, t) : jsonProblem(text, t);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const given = (name: string): string => String(form.get(name) ?? "").trim();
    const date = given("logical_date");
    act.mutate({
      logical_date: date === "" ? null : new Date(date).toISOString(),
      conf: text === null ? values : JSON.parse(text === "" ? "{}" : text),
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
      {text === null ? (
        <ParamsForm params={dag.params} values={values} onChange={setValues} errors={errors} />
      ) : (
        <Field label={t("Configuration as JSON")} error={errors["json"] ?? null}>
          {(id) => (
            <textarea
              id={id}
              rows={10}
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="field font-mono text-xs"
            />
          )}
        </Field>
      )}
      <button
        type="button"
        className="link self-start text-xs"
        onClick={() => {
          if (text === null) return setText(JSON.stringify(values, null, 2));
          if (Object.keys(jsonProblem(text, t)).length === 0) {
            setValues(JSON.parse(text === "" ? "{}" : text) as typeof values);
            setText(null);
          }
        }}
      >
        {text === null ? t("Edit as JSON") : t("Back to the form")}
      </button>
      <details>
        <summary className="text-soft">{t("Date, run id and note")}</summary>
        <div className="mt-3 grid gap-3 sm:grid-cols-2">
          <Field label={t("Logical date")} hint={t("Empty: a run without one")}>
            {(id) => <input id={id} name="logical_date" type="datetime-local" step="1" className="field" />}
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
      <div className="flex justify-end gap-2 border-t pt-4">
        <Button onClick={onClose}>{t("Cancel")}</Button>
        <Button kind="primary" type="submit" icon="play" disabled={act.isPending}>
          {t("Trigger")}
        </Button>
      </div>
    </form>
  );
}

function jsonProblem(text: string, t: (key: string) => string): { [name: string]: string } {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as unknown;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return {};
    return { json: t("Expected a JSON object") };
  } catch (error) {
    return { json: (error as Error).message };
  }
}
