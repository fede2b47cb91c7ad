/** Tasks that wait for a person: what they ask, with the form to answer it; and what was answered, by whom. */
import { useTranslation } from "react-i18next";
import { useRest } from "../api/queries.ts";
import { Segments } from "../components/field.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { Time } from "../components/time.tsx";
import { type Question, QuestionForm } from "./question.tsx";

type Which = "waiting" | "answered";

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const which = (address["which"] ?? "waiting") as Which;
  const query = useRest<{ hitl_details: Question[]; total_entries: number }>(
    ["inbox", which],
    "/dags/~/dagRuns/~/hitlDetails",
    {
      limit: 100,
      response_received: which === "answered",
      order_by: which === "answered" ? "-responded_at" : "created_at",
    },
  );
  return (
    <Page
      title={t("Inbox")}
      actions={
        <Segments<Which>
          label={t("Which questions")}
          value={which}
          onChange={(next) => change({ which: next === "waiting" ? undefined : next })}
          options={[
            { value: "waiting", label: t("Waiting") },
            { value: "answered", label: t("Answered") },
          ]}
        />
      }
    >
      <Loaded query={query}>
        {({ hitl_details: questions }) =>
          questions.length === 0 ? (
            <Nothing which={which} />
          ) : (
            <ul className="mx-auto flex max-w-3xl flex-col gap-4">
              {questions.map((question) => (
                <li key={placeOf(question)} className="card p-4">
                  <Origin question={question} />
                  {which === "waiting" ? (
                    <QuestionForm question={question} />
                  ) : (
                    <Answered question={question} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

function Nothing({ which }: { which: Which }) {
  const { t } = useTranslation();
  if (which === "answered") return <Empty icon="inbox" title={t("Nobody has answered yet")} />;
  return (
    <Empty icon="inbox" title={t("Nobody waits for you")}>
      {t("Tasks that ask a person for a decision show up here.")}
    </Empty>
  );
}

/** Which try of which task asks; nothing that changes while somebody types. */
function placeOf({ task_instance: at, created_at }: Question): string {
  return [at.dag_id, at.dag_run_id, at.task_id, at.map_index, created_at].join(" ");
}

function Origin({ question: { task_instance: at, created_at } }: { question: Question }) {
  return (
    <div className="mb-1 flex flex-wrap items-baseline gap-x-3 text-xs text-faint">
      <Link to={paths.task(at.dag_id, at.dag_run_id, at.task_id, at.map_index)} className="link break-all">
        {at.dag_id} · {at.task_id}
      </Link>
      <span className="ml-auto">
        <Time at={created_at === null ? null : Date.parse(created_at)} relative />
      </span>
    </div>
  );
}

function Answered({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { subject, chosen_options: chosen, responded_by_user: by, responded_at: at } = question;
  return (
    <>
      <h2 className="text-base font-semibold">{subject}</h2>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium text-accent-text">{chosen?.join(", ")}</span>
        <span className="text-xs text-soft">
          {by?.name ?? t("by itself, when the time was over")} ·{" "}
          <Time at={at === undefined || at === null ? null : Date.parse(at)} style="full" />
        </span>
      </p>
    </>
  );
}
