/**
 * What clients and pages ask of a fleet with a history. The lists of Airflow's REST API are asked of both servers by the
 * same paths; what a page asks differs, so that its questions name the requests of each.
 */

/** Requests of one view: those of a step are sent at once, the next step when they are answered. */
export type Steps = readonly (readonly string[])[];

export interface Question {
  readonly name: string;
  readonly tradewind: Steps;
  /** Absent where Airflow has nothing that compares. */
  readonly airflow?: Steps;
  /** What an answer may take, in milliseconds. */
  readonly target: number;
  /** Bytes that it may have. */
  readonly largest?: number;
}

/** How much there is; the same on both sides. */
export interface FleetSize {
  readonly dags: number;
  readonly runsOfEach: number;
  readonly tasks: number;
}

/** Grids beside the fleet: tasks × runs. */
export const grids = [
  { dagId: "wide", tasks: 900, runs: 25, target: 100, largest: 2 ** 20 },
  { dagId: "huge", tasks: 6000, runs: 10, target: 250 },
] as const;

const listTarget = 50;
const runs = "/api/v2/dags/~/dagRuns";
const instances = "/api/v2/dags/~/dagRuns/~/taskInstances";

export function questionsOf({ dags, runsOfEach, tasks }: FleetSize): Question[] {
  const allRuns = dags * runsOfEach;
  const all = allRuns * tasks;
  const nearEnd = (count: number) => Math.floor(count * 0.95);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  const api: readonly (readonly [name: string, path: string])[] = [
    ["dags", "/api/v2/dags?"],
    ["dags, last run first", "/api/v2/dags?order_by=-last_run_start_date"],
    ["dags by a part of their id", "/api/v2/dags?dag_id_pattern=%25leet_7%25"],
    ["dagRuns", `${runs}?`],
    ["dagRuns, newest first", `${runs}?order_by=-run_after`],
    ["dagRuns, by start", `${runs}?order_by=-start_date`],
    ["dagRuns, by duration", `${runs}?order_by=-duration`],
    ["dagRuns that failed", `${runs}?state=failed&order_by=-run_after`],
    ["dagRuns under way", `${runs}?state=running`],
    ["dagRuns by a part of their id", `${runs}?run_id_pattern=%25_19%25`],
    ["dagRuns by a part of their Dag's id", `${runs}?dag_id_pattern=%25leet_7%25`],
    [`dagRuns from ${nearEnd(allRuns)} on`, `${runs}?order_by=-run_after&offset=${nearEnd(allRuns)}`],
    ["dagRuns of one Dag", "/api/v2/dags/fleet_7/dagRuns?order_by=-run_after"],
    ["taskInstances", `${instances}?`],
    ["taskInstances, last start first", `${instances}?order_by=-start_date`],
    ["taskInstances, last end first", `${instances}?order_by=-end_date`],
    ["taskInstances, newest run first", `${instances}?order_by=-run_after`],
    ["taskInstances, longest first", `${instances}?order_by=-duration`],
    ["taskInstances that failed", `${instances}?state=failed`],
    ["taskInstances that failed, last start first", `${instances}?state=failed&order_by=-start_date`],
    ["taskInstances under way", `${instances}?state=running`],
    ["taskInstances in a state that none has", `${instances}?state=upstream_failed`],
    ["taskInstances since yesterday", `${instances}?start_date_gte=${yesterday}`],
    ["taskInstances by a part of their id", `${instances}?task_display_name_pattern=%25t0007%25`],
    ["taskInstances by a part of their Dag's id", `${instances}?dag_id_pattern=%25leet_7%25`],
    [`taskInstances from ${Math.floor(all / 30)} on`, `${instances}?offset=${Math.floor(all / 30)}`],
    [`taskInstances from ${nearEnd(all)} on`, `${instances}?offset=${nearEnd(all)}`],
    ["taskInstances by cursor", `${instances}?cursor=`],
    ["taskInstances of one Dag", "/api/v2/dags/fleet_7/dagRuns/~/taskInstances?"],
    ["taskInstances of one run", "/api/v2/dags/fleet_7/dagRuns/run_3/taskInstances?"],
    ["xcomEntries", `${instances}/~/xcomEntries?`],
    ["eventLogs, newest first", "/api/v2/eventLogs?order_by=-event_log_id"],
  ];
  return [
    ...api.map(([name, path]): Question => {
      const steps = [[path.endsWith("?") ? `${path}limit=50` : `${path}&limit=50`]];
      return { name, tradewind: steps, airflow: steps, target: listTarget };
    }),
    ...pageLists,
    ...grids.map(gridOf),
  ];
}

/** Lists that only our page asks for. */
const pageLists: readonly Question[] = [
  ["page: Dags", "/ui/dags?limit=50"],
  ["page: runs", "/ui/runs?limit=50"],
  ["page: home", "/ui/home"],
  ["page: task instances", "/ui/task-instances?limit=50"],
  ["page: task instances that failed", "/ui/task-instances?limit=50&state=failed"],
  ["page: one look for what is not there", "/ui/task-instances?limit=50&state=removed"],
  ["page: XComs", "/ui/xcoms?limit=50"],
].map(([name = "", path = ""]) => ({ name, tradewind: [[path]], target: listTarget }));

/** All that the page of a Dag's grid needs, as each of the two asks for it. */
function gridOf(grid: (typeof grids)[number]): Question {
  const { dagId, tasks, runs, target } = grid;
  const newest = `${dagId}?limit=${runs}&order_by=-run_after`;
  const runIds = Array.from({ length: runs }, (_, run) => `run_ids=run_${run}`).join("&");
  return {
    name: `grid of ${tasks} tasks × ${runs} runs`,
    tradewind: [[`/ui/dags/${dagId}/grid?limit=${runs}`, `/ui/dags/${dagId}/structure`]],
    airflow: [
      [`/ui/grid/structure/${newest}`, `/ui/grid/runs/${newest}`],
      [`/ui/grid/ti_summaries/${dagId}?${runIds}`],
    ],
    target,
    ...("largest" in grid ? { largest: grid.largest } : {}),
  };
}
