/** Tasks that wait for a person: what they ask, and the form to answer it. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { Json, ParamSpec } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Link, paths } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { Time } from "../components/time.tsx";
import { checkParams, defaultsOf, ParamsForm } from "./params-form.tsx";

interface Question {
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

export function View() {
  const { t } = useTranslation();
  const query = useRest<{ hitl_details: Question[]; total_entries: number }>(
    ["inbox"],
    "/dags/~/dagRuns/~/hitlDetails",
    { limit: 100, response_received: false },
  );
  return (
    <Page title={t("Inbox")}>
      <Loaded query={query}>
        {({ hitl_details: questions }) =>
          questions.length === 0 ? (
            <Empty icon="inbox" title={t("Nobody waits for you")}>
              {t("Tasks that ask a person for a decision show up here.")}
            </Empty>
          ) : (
            <ul className="mx-auto flex max-w-3xl flex-col gap-4">
              {questions.map((question) => (
                <Ask key={placeOf(question)} question={question} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Which try of which task asks; nothing that changes while somebody types. */
function placeOf({ task_instance: at, created_at }: Question): string {
  return [at.dag_id, at.dag_run_id, at.task_id, at.map_index, created_at].join(" ");
}

/** A param comes as a spec, or as its plain value. */
const specOf = (param: ParamSpec | Json): ParamSpec =>
  param !== null && typeof param === "object" && !Array.isArray(param) && "schema" in param
    ? (param as ParamSpec)
    : { value: param as Json, schema: {} };

function Ask({ question }: { question: Question }) {
  const { t } = useTranslation();
  const may = useMay();
  const { dag_id, dag_run_id, task_id, map_index } = question.task_instance;
  const params = Object.fromEntries(
    Object.entries(question.params ?? {}).map(([name, one]) => [name, specOf(one)]),
  );
  const [values, setValues] = useState<{ [name: string]: Json | undefined }>(() => defaultsOf(params));
  const [errors, setErrors] = useState<{ [name: string]: string }>({});
  const [chosen, setChosen] = useState<readonly string[]>(question.defaults ?? []);
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
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send(chosen);
  };
  return (
    <li className="card p-4">
      <div className="mb-1 flex flex-wrap items-baseline gap-x-3 text-xs text-faint">
        <Link to={paths.task(dag_id, dag_run_id, task_id, map_index)} className="link break-all">
          {dag_id} · {task_id}
        </Link>
        <span className="ml-auto">
          <Time at={question.created_at === null ? null : Date.parse(question.created_at)} relative />
        </span>
      </div>
      <h2 className="text-base font-semibold">{question.subject}</h2>
      {question.body === null ? null : <p className="mt-1 whitespace-pre-wrap text-soft">{question.body}</p>}
      <form onSubmit={submit} className="mt-3 flex flex-col gap-3">
        {Object.keys(params).length === 0 ? null : (
          <ParamsForm params={params} values={values} onChange={setValues} errors={errors} />
        )}
        <div className="flex flex-wrap gap-2">
          {question.options.map((option) =>
            question.multiple ? (
              <label
                key={option}
                className="inline-flex items-center gap-1.5 rounded-md border border-line-strong px-2.5 py-1"
              >
                <input
                  type="checkbox"
                  checked={chosen.includes(option)}
                  onChange={(event) =>
                    setChosen(
                      event.target.checked ? [...chosen, option] : chosen.filter((one) => one !== option),
                    )
                  }
                />
                {option}
              </label>
            ) : (
              <Button
                key={option}
                kind={question.defaults?.includes(option) ? "primary" : "plain"}
                disabled={!may("edit", "HITL Detail") || answer.isPending}
                onClick={() => send([option])}
              >
                {option}
              </Button>
            ),
          )}
          {question.multiple ? (
            <Button
              kind="primary"
              type="submit"
              disabled={!may("edit", "HITL Detail") || chosen.length === 0}
            >
              {t("Answer")}
            </Button>
          ) : null}
        </div>
      </form>
    </li>
  );
}
