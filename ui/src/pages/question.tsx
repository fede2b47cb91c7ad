/** What a task asks a person, and the form to answer it. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { Json, ParamSpec } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { checkParams, defaultsOf, ParamsForm } from "./params-form.tsx";

export interface Question {
  task_instance: { dag_id: string; dag_run_id: string; task_id: string; map_index: number };
  options: string[];
  subject: string;
  body: string | null;
  defaults: string[] | null;
  multiple: boolean;
  params: { [name: string]: ParamSpec | Json };
  created_at: string | null;
  response_received: boolean;
  chosen_options: string[] | null;
  responded_by_user?: { name: string } | null;
  responded_at?: string | null;
}

/** A param comes as a spec, or as its plain value. */
const specOf = (param: ParamSpec | Json): ParamSpec =>
  param !== null && typeof param === "object" && !Array.isArray(param) && "schema" in param
    ? (param as ParamSpec)
    : { value: param as Json, schema: {} };

export function QuestionForm({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { dag_id, dag_run_id, task_id, map_index } = question.task_instance;
  const params = Object.fromEntries(
    Object.entries(question.params ?? {}).map(([name, one]) => [name, specOf(one)]),
  );
  const [values, setValues] = useState<{ [name: string]: Json | undefined }>(() => defaultsOf(params));
  const [errors, setErrors] = useState<{ [name: string]: string }>({});
  const answer = useAct(
    (options: readonly string[]) =>
      change(
        "PATCH",
        `/api/v2/dags/${seg(dag_id)}/dagRuns/${seg(dag_run_id)}/taskInstances/${seg(task_id)}/${map_index}/hitlDetails`,
        { chosen_options: options, params_input: values },
      ),
    t("Your answer was taken"),
  );
  const send = (options: readonly string[]): void => {
    const found = checkParams(params, values, t);
    setErrors(found);
    if (Object.keys(found).length === 0) answer.mutate(options);
  };
  return (
    <>
      <h2 className="text-base font-semibold">{question.subject}</h2>
      {question.body === null ? null : <p className="mt-1 whitespace-pre-wrap text-soft">{question.body}</p>}
      <div className="mt-3 flex flex-col gap-3">
        {Object.keys(params).length === 0 ? null : (
          <ParamsForm params={params} values={values} onChange={setValues} errors={errors} />
        )}
        {question.multiple ? (
          <SeveralOptions question={question} onSend={send} />
        ) : (
          <OneOption question={question} isSending={answer.isPending} onSend={send} />
        )}
      </div>
    </>
  );
}

function OneOption({
  question: { options, defaults },
  isSending,
  onSend,
}: {
  question: Question;
  isSending: boolean;
  onSend: (options: readonly string[]) => void;
}) {
  const may = useMay();
  return (
    <div className="flex flex-wrap gap-2">
      {options.map((option) => (
        <Button
          key={option}
          kind={defaults?.includes(option) ? "primary" : "plain"}
          disabled={!may("edit", "HITL Detail") || isSending}
          onClick={() => onSend([option])}
        >
          {option}
        </Button>
      ))}
    </div>
  );
}

function SeveralOptions({
  question: { options, defaults },
  onSend,
}: {
  question: Question;
  onSend: (options: readonly string[]) => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [chosen, setChosen] = useState<readonly string[]>(defaults ?? []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSend(chosen);
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap gap-2">
      {options.map((option) => (
        <label
          key={option}
          className="inline-flex items-center gap-1.5 rounded-md border border-line-strong px-2.5 py-1"
        >
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={(event) =>
              setChosen(event.target.checked ? [...chosen, option] : chosen.filter((one) => one !== option))
            }
          />
          {option}
        </label>
      ))}
      <Button kind="primary" type="submit" disabled={!may("edit", "HITL Detail") || chosen.length === 0}>
        {t("Answer")}
      </Button>
    </form>
  );
}
