/** Models that a Dag trained and registered, and requests to what serves them. */
import { columns } from "./serving-dags.ts";
import type { PageWorld } from "./world.ts";

/** Runs the Dag of `serving-dags.ts` once more, to its end: a version of the model "iris", and reports of its checks. */
export async function trainIris(
  world: PageWorld,
  conf: { readonly c?: number; readonly spread?: number } = {},
): Promise<string> {
  const dag = "/api/v2/dags/train_iris";
  await world.call("PATCH", dag, { is_paused: false });
  const { dag_run_id: runId } = await world.call<{ dag_run_id: string }>("POST", `${dag}/dagRuns`, {
    logical_date: null,
    conf,
  });
  const address = `${world.url}${dag}/dagRuns/${encodeURIComponent(runId)}/wait?interval=1`;
  // A line for each look; the last says how it ended.
  const lines = await (await fetch(address, { headers: signedIn(world) })).text();
  if (!/"success"/.test(lines.trim().split("\n").at(-1) ?? "")) throw new Error(`train_iris ended: ${lines}`);
  return runId;
}

const signedIn = ({ admin }: PageWorld) => ({
  authorization: `Basic ${Buffer.from(`admin:${admin}`).toString("base64")}`,
});

export interface Answered {
  readonly requestId: string;
  readonly variant: string;
  readonly version: string;
}

/** One row for the endpoint, as its clients ask. */
export async function askIris(world: PageWorld, endpoint: string, key?: string): Promise<Answered> {
  const answer = await fetch(`${world.url}/endpoints/${endpoint}/invocations`, {
    method: "POST",
    headers: {
      ...signedIn(world),
      "content-type": "application/json",
      ...(key === undefined ? {} : { "x-routing-key": key }),
    },
    body: JSON.stringify({ dataframe_split: { columns, data: [[5.1, 3.5, 1.4, 0.2]] } }),
  });
  if (!answer.ok) throw new Error(`${endpoint}: ${answer.status} ${await answer.text()}`);
  const header = (name: string): string => answer.headers.get(`x-tradewind-${name}`) ?? "";
  return {
    requestId: header("request-id"),
    variant: header("variant"),
    version: header("model-version"),
  };
}
