/**
 * What a page wants to hear of, as it writes it in `topics`, separated by commas; ids are percent-encoded:
 *
 * | topic | events |
 * | --- | --- |
 * | `runs` | `run`: every run that changed its state, was made or deleted |
 * | `runs:<dag_id>` | the same of one Dag |
 * | `tasks:<dag_id>` | `tasks`: instances of a Dag that changed, run by run |
 * | `tasks:<dag_id>/<run_id>` | the same of one run |
 * | `dags`, `assets`, `pools`, `backfills`, `questions` | `dag` with its id, `assets`, `pools`, `backfill` and `questions` with the Dag's id: load again |
 * | `experiments` | `experiments` with `subjects`, as `run:<id>`, `experiment:<id>`, `study:<name>`, `*`: what changed |
 * | `models` | `models` with `subjects`, as `model:<name>` |
 * | `log:<dag_id>/<run_id>/<task_id>/<map_index>/<try_number>` | `log`: records as they are written; one to a stream |
 */
import { HttpProblem } from "../http-problem.ts";

export interface LogTopic {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
}

export interface Topics {
  /** As the hub keeps them: kind, then ids, separated by NUL. */
  readonly keys: ReadonlySet<string>;
  readonly log: LogTopic | null;
}

const words = new Set(["runs", "dags", "assets", "pools", "backfills", "questions", "experiments", "models"]);
const mostTopics = 100;

export const keyOf = (...parts: readonly string[]): string => parts.join("\0");

/** @throws HttpProblem 400 for a topic that does not exist. */
export function readTopics(text: string): Topics {
  const keys = new Set<string>();
  let log: LogTopic | null = null;
  const all = text.split(",").filter((topic) => topic !== "");
  if (all.length === 0 || all.length > mostTopics)
    throw new HttpProblem(400, `topics: expected from 1 to ${mostTopics}, got ${all.length}`);
  for (const topic of all) {
    const colon = topic.indexOf(":");
    const kind = colon < 0 ? topic : topic.slice(0, colon);
    const ids =
      colon < 0
        ? []
        : topic
            .slice(colon + 1)
            .split("/")
            .map((id) => decode(id, topic));
    if (kind === "log" && ids.length === 5) log = logTopic(ids, topic);
    else if (ids.length === 0 && words.has(kind)) keys.add(kind);
    else if (kind === "runs" && ids.length === 1) keys.add(keyOf(kind, ...ids));
    else if (kind === "tasks" && (ids.length === 1 || ids.length === 2)) keys.add(keyOf(kind, ...ids));
    else throw unknown(topic);
  }
  return { keys, log };
}

function logTopic(ids: readonly string[], topic: string): LogTopic {
  const [dagId = "", runId = "", taskId = "", map = "", tries = ""] = ids;
  if (!/^-?\d+$/.test(map) || !/^\d+$/.test(tries)) throw unknown(topic);
  return { dagId, runId, taskId, mapIndex: Number(map), tryNumber: Number(tries) };
}

function decode(id: string, topic: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw unknown(topic);
  }
}

function unknown(topic: string): HttpProblem {
  return new HttpProblem(
    400,
    `topics: expected runs, runs:<dag>, tasks:<dag>, tasks:<dag>/<run>, dags, assets, pools, backfills, questions, experiments, models or log:<dag>/<run>/<task>/<map index>/<try>, got ${JSON.stringify(topic.slice(0, 100))}`,
  );
}
