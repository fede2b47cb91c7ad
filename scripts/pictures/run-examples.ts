/** Brings the examples to where there is something to see of them: runs, a study, and an endpoint that is asked. */
import type { Standalone } from "../run-standalone.ts";

export interface Shown {
  /** A run of `churn_training` that failed in `evaluate`. */
  readonly failedRun: string;
  /** Of the experiment that the study made. */
  readonly experimentId: string;
  readonly trackedRuns: readonly string[];
  readonly driftCheck: number;
  /** Of an answer of the endpoint. */
  readonly requestId: string;
  /** The endpoint is asked until then. */
  end(): Promise<void>;
}

const columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"];
const bird = [39.1, 18.7, 181, 3750];

/** So many birds, each a little different, and larger by a factor. */
const flock = (size: number, factor = 1): number[][] =>
  Array.from({ length: size }, (_, i) =>
    bird.map((value, place) => value * factor * (1 + (((i * 37 + place * 11) % 41) - 15) / 100)),
  );

class Api {
  readonly #url: string;
  readonly #authorization: string;

  constructor({ url, password }: Standalone) {
    this.#url = url;
    this.#authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<{ body: T; headers: Headers }> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { body: (text === "" ? null : JSON.parse(text)) as T, headers: response.headers };
  }

  async get<T>(path: string): Promise<T> {
    return (await this.call<T>("GET", path)).body;
  }

  async setPaused(dagId: string, is_paused: boolean): Promise<void> {
    await this.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused });
  }

  async start(dagId: string, conf: object = {}): Promise<string> {
    const { body } = await this.call<{ dag_run_id: string }>("POST", `/api/v2/dags/${dagId}/dagRuns`, {
      logical_date: null,
      conf,
    });
    return encodeURIComponent(body.dag_run_id);
  }

  /** The state in which it ended. */
  async ended(dagId: string, runId: string): Promise<string> {
    const response = await fetch(`${this.#url}/api/v2/dags/${dagId}/dagRuns/${runId}/wait?interval=1`, {
      headers: { authorization: this.#authorization },
    });
    const last = (await response.text()).trim().split("\n").at(-1) ?? "{}";
    return (JSON.parse(last) as { state: string }).state;
  }

  async run(dagId: string, conf: object = {}): Promise<string> {
    return this.ended(dagId, await this.start(dagId, conf));
  }

  /** One request; its id. */
  async ask(birds: number[][]): Promise<string> {
    const { headers } = await this.call("POST", "/endpoints/penguins/invocations", {
      dataframe_split: { columns, data: birds },
    });
    return headers.get("x-tradewind-request-id") ?? "";
  }

  /** Asks, and says that the answer was right. */
  async askAndTell(): Promise<string> {
    const id = await this.ask(flock(1));
    const outcomes = [{ request_id: id, metric: "right", value: 1 }];
    await this.call("POST", "/api/endpoints/penguins/outcomes", { outcomes });
    return id;
  }
}

async function until<T>(look: () => Promise<T | null | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export async function runExamples(standalone: Standalone): Promise<Shown> {
  const api = new Api(standalone);
  const pipelines = ["iris", "mapping", "branching", "setup_teardown", "study", "collect_refunds", "report"];
  await until(async () => {
    const { dags } = await api.get<{ dags: { dag_id: string }[] }>("/api/v2/dags?limit=100");
    const ids = new Set(dags.map(({ dag_id }) => dag_id));
    return [...pipelines, "churn_training", "penguins_retrain", "penguins_monitor", "retries"].every((id) =>
      ids.has(id),
    )
      ? true
      : null;
  });
  for (const dagId of [...pipelines, "churn_training", "retries", "collect_orders"])
    await api.setPaused(dagId, false);
  await api.call("POST", "/api/v2/dags/churn_training/favorite");
  await api.call("POST", "/api/v2/pools", { name: "gpu_pool", slots: 2, description: "two GPUs" });
  for (const dagId of ["iris", "mapping", "branching", "setup_teardown", "study"]) await api.run(dagId);
  await api.run("retries", { hopeless: true });
  const serving = await serve(api);
  return {
    failedRun: await failedRun(api),
    requestId: await flowerAsked(api),
    ...(await studied(api)),
    ...serving,
  };
}

/** The newest run of the Dag with a history whose gate stayed shut, when all of it has run. */
async function failedRun(api: Api): Promise<string> {
  interface Runs {
    dag_runs: { dag_run_id: string; state: string }[];
  }
  const runs = "/api/v2/dags/churn_training/dagRuns";
  await until(async () => {
    const { dag_runs } = await api.get<Runs>(`${runs}?state=running&state=queued`);
    return dag_runs.length === 0 ? true : null;
  });
  const { dag_runs } = await api.get<Runs>(`${runs}?state=failed&order_by=-run_after`);
  const [newest] = dag_runs;
  if (newest === undefined) throw new Error("expected a failed run of churn_training, got none");
  return encodeURIComponent(newest.dag_run_id);
}

/** A prediction of the model that the iris pipeline trained and registered. */
async function flowerAsked(api: Api): Promise<string> {
  const variants = [{ name: "champion", model: "models:/iris/1", weight: 100 }];
  await api.call("POST", "/api/endpoints", { name: "flowers", variants });
  const { headers } = await api.call("POST", "/endpoints/flowers/invocations", {
    dataframe_split: {
      columns: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
      data: [[5.1, 3.5, 1.4, 0.2]],
    },
  });
  return headers.get("x-tradewind-request-id") ?? "";
}

async function studied(api: Api): Promise<Pick<Shown, "experimentId" | "trackedRuns">> {
  const { experiment } = await api.get<{ experiment: { experiment_id: string } }>(
    "/api/2.0/mlflow/experiments/get-by-name?experiment_name=iris%20forest",
  );
  const { body } = await api.call<{ runs: { info: { run_id: string } }[] }>(
    "POST",
    "/api/2.0/mlflow/runs/search",
    { experiment_ids: [experiment.experiment_id], filter: "params.maxDepth != ''", max_results: 12 },
  );
  return {
    experimentId: experiment.experiment_id,
    trackedRuns: body.runs.map(({ info }) => info.run_id),
  };
}

/** Two versions of the penguins' model, a report of drift, and a canary on its way while the endpoint is asked. */
async function serve(api: Api): Promise<Pick<Shown, "driftCheck" | "end">> {
  await api.setPaused("penguins_retrain", false);
  await api.setPaused("penguins_monitor", false);
  await api.run("penguins_retrain");
  for (let i = 0; i < 50; i++) await api.ask(flock(100));
  for (let i = 0; i < 60; i++) await api.ask(flock(100, 1.4));
  // What the monitor finds starts the other Dag: its canary is asked until it is promoted.
  await api.run("penguins_monitor");
  // The next hour's would start a third training.
  await api.setPaused("penguins_monitor", true);
  await until(async () => {
    await api.askAndTell();
    const { dag_runs } = await api.get<{ dag_runs: { state: string }[] }>(
      "/api/v2/dags/penguins_retrain/dagRuns?state=success&state=failed",
    );
    return dag_runs.length > 1 ? true : null;
  });
  await api.call("POST", "/api/endpoints/penguins/rollouts", {
    variant: { name: "canary", model: "models:/penguins/1" },
    steps: [
      { weight: 10, bake_seconds: 5, min_requests: 5 },
      { weight: 30, bake_seconds: 3600, min_requests: 500 },
      { weight: 100, bake_seconds: 3600 },
    ],
    guardrails: { max_error_rate: 0.02, max_p99_ms: 2000 },
  });
  const ending = new AbortController();
  const asking = (async () => {
    while (!ending.signal.aborted) await api.askAndTell();
  })();
  await until(async () => {
    const { variants } = await api.get<{ variants: { name: string; weight: number }[] }>(
      "/api/endpoints/penguins",
    );
    return variants.some(({ name, weight }) => name === "canary" && weight === 30) ? true : null;
  });
  const { checks } = await api.get<{ checks: { id: number }[] }>("/api/checks?kind=drift");
  return {
    driftCheck: checks[0]?.id ?? 0,
    async end() {
      ending.abort();
      await asking;
    },
  };
}
