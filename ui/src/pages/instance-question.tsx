import { seg } from "../api/client.ts";
import { useRest } from "../api/queries.ts";
import type { InstanceDetail } from "../api/types.ts";
import { type Question, QuestionForm } from "./question.tsx";

/** What a task that waits for a person asks: answered where its log and values stand. */
export function InstanceQuestion({ instance }: { instance: InstanceDetail }) {
  const { dagId, runId, taskId, mapIndex } = instance;
  const { data } = useRest<Question>(
    ["dag", dagId, "run", runId, "question", taskId, mapIndex],
    `/dags/${seg(dagId)}/dagRuns/${seg(runId)}/taskInstances/${seg(taskId)}/${mapIndex}/hitlDetails`,
  );
  if (data === undefined || data.response_received) return null;
  return (
    <section aria-label={data.subject} className="card border-accent p-4">
      <QuestionForm question={data} />
    </section>
  );
}
