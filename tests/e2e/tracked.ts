/** Experiments, runs, models and studies as clients make them: by the same REST. */
import type { PageWorld } from "./world.ts";

type Call = PageWorld["call"];

const mlflow = "/api/2.0/mlflow";
const started = Date.UTC(2026, 10, 20, 8);

export interface LoggedRun {
  readonly name: string;
  readonly params?: { readonly [key: string]: string | number };
  /** Key → value at each step. */
  readonly metrics?: { readonly [key: string]: readonly (number | "NaN")[] };
  readonly tags?: { readonly [key: string]: string };
  /** Left running where it is absent. */
  readonly status?: "FINISHED" | "FAILED" | "KILLED";
  readonly at?: number;
}

export async function makeExperiment(call: Call, name: string): Promise<string> {
  const { experiment_id } = await call<{ experiment_id: string }>("POST", `${mlflow}/experiments/create`, {
    name,
    tags: [{ key: "team", value: "growth" }],
  });
  return experiment_id;
}

const pairs = (values: { readonly [key: string]: string | number } = {}) =>
  Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));

export async function makeRun(call: Call, experimentId: string, run: LoggedRun): Promise<string> {
  const at = run.at ?? started;
  const made = await call<{ run: { info: { run_id: string } } }>("POST", `${mlflow}/runs/create`, {
    experiment_id: experimentId,
    run_name: run.name,
    start_time: at,
    user_id: "ada",
    tags: pairs(run.tags),
  });
  const { run_id } = made.run.info;
  await call("POST", `${mlflow}/runs/log-batch`, {
    run_id,
    params: pairs(run.params),
    metrics: Object.entries(run.metrics ?? {}).flatMap(([key, values]) =>
      values.map((value, step) => ({ key, value, step, timestamp: at + step * 1000 })),
    ),
  });
  if (run.status !== undefined)
    await call("POST", `${mlflow}/runs/update`, { run_id, status: run.status, end_time: at + 95_000 });
  return run_id;
}

export async function putArtifact(
  { url, admin }: Pick<PageWorld, "url" | "admin">,
  place: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const address = `${url}/api/2.0/mlflow-artifacts/artifacts/${place.split("/").map(encodeURIComponent).join("/")}`;
  const response = await fetch(address, {
    method: "PUT",
    headers: { authorization: `Basic ${Buffer.from(`admin:${admin}`).toString("base64")}` },
    body: content,
  });
  if (!response.ok) throw new Error(`PUT ${place}: ${response.status} ${await response.text()}`);
}

/** A loss that falls and an accuracy that rises, the faster the larger `rate`. */
export const learning = (rate: number, steps = 40) => ({
  loss: Array.from(
    { length: steps },
    (_, step) => 0.1 + Math.exp(-rate * step) + 0.03 * Math.sin(step * 7 + rate),
  ),
  accuracy: Array.from({ length: steps }, (_, step) => 0.95 - 0.4 * Math.exp(-rate * step)),
});

/** Shows what an artifact may do: a script that looks for everything that it must not have. */
export const nosyPage = `<!doctype html><title>Report</title><h1>Report</h1><p id="said">no script ran</p>
<script>
const tried = {};
const attempt = (name, act) => { try { tried[name] = String(act()); } catch (error) { tried[name] = error.name; } };
attempt("cookie", () => document.cookie);
attempt("parent", () => parent.document.title);
attempt("storage", () => localStorage.length);
fetch("/ui/session").then(() => "reached", () => "refused").then((net) => {
  document.getElementById("said").textContent = JSON.stringify({ ...tried, net, origin: self.origin });
});
</script>`;

/** The smallest picture: one red point. */
export const redPoint = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);

const mlmodel = `flavors:
  python_function:
    loader_module: mlflow.sklearn
  sklearn:
    pickled_model: model.pkl
signature:
  inputs: '[{"type": "double", "name": "tenure", "required": true}, {"type": "string", "name": "plan", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
`;

export interface TrackedWorld {
  readonly experimentId: string;
  readonly runs: {
    readonly forest: string;
    readonly linear: string;
    readonly boosting: string;
    readonly search: string;
  };
}

/** One experiment with runs of each kind, files, a registered model with two versions, and a study. */
export async function fillTracking(world: PageWorld): Promise<TrackedWorld> {
  const { call } = world;
  const experimentId = await makeExperiment(call, "churn");
  const run = (name: string, rate: number, more: Partial<LoggedRun> = {}): Promise<string> =>
    makeRun(call, experimentId, {
      name,
      params: { model: name, lr: rate / 10, depth: Math.round(rate * 20) },
      metrics: learning(rate),
      status: "FINISHED",
      ...more,
    });
  const forest = await run("forest", 0.2, {
    tags: { team: "growth", "mlflow.note.content": "# Baseline\nThe **forest** that we compare with." },
    at: started,
  });
  const linear = await run("linear", 0.08, { at: started + 60_000 });
  const boosting = await run("boosting", 0.3, { at: started + 120_000 });
  await run("diverged", 0.5, {
    metrics: { loss: [1, 4, "NaN"], accuracy: [0.5] },
    status: "FAILED",
    at: started + 180_000,
  });
  const search = await run("search", 0.15, { metrics: { accuracy: [0.93] }, at: started + 240_000 });
  for (const depth of [2, 4, 8])
    await run(`depth-${depth}`, 0.1 + depth / 40, {
      tags: { "mlflow.parentRunId": search },
      at: started + 250_000 + depth,
    });
  await call("POST", `${mlflow}/runs/log-inputs`, {
    run_id: forest,
    datasets: [
      {
        tags: [{ key: "mlflow.data.context", value: "training" }],
        dataset: {
          name: "customers",
          digest: "a1b2c3d4",
          source_type: "local",
          source: '{"uri": "file:///data/customers.csv"}',
          schema: '{"mlflow_colspec": [{"type": "double", "name": "tenure"}]}',
          profile: '{"num_rows": 7043}',
        },
      },
    ],
  });
  await putFiles(world, `${experimentId}/${forest}/artifacts`);
  await registerVersions(call, experimentId, [forest, boosting]);
  await makeStudy(call);
  return { experimentId, runs: { forest, linear, boosting, search } };
}

async function putFiles(world: PageWorld, place: string): Promise<void> {
  const files: { [path: string]: string | Uint8Array<ArrayBuffer> } = {
    "report.html": nosyPage,
    "notes.md":
      "# Notes\n\n- one\n- two\n\n<script>window.hacked = true</script>\n\n[bad](javascript:alert(1))",
    "rows.csv": 'name,score\n"Ada, Countess",0.97\nGrace,0.91\n',
    "table.json": '{"columns": ["id", "ok"], "data": [[1, true], [2, false]]}',
    "conf/settings.json": '{"depth": 8, "loss": NaN}',
    "conf/train.py": "def train(rows):\n    return len(rows)\n",
    "plots/confusion.png": redPoint,
    "model/MLmodel": mlmodel,
    "model/model.pkl": Uint8Array.of(128, 4, 149),
    "weights.bin": "\u0001\u0002",
  };
  for (const [path, content] of Object.entries(files)) await putArtifact(world, `${place}/${path}`, content);
}

async function registerVersions(call: Call, experimentId: string, runs: readonly string[]): Promise<void> {
  await call("POST", `${mlflow}/registered-models/create`, {
    name: "churn",
    description: "Who is about to **leave**.",
    tags: [{ key: "owner", value: "growth" }],
  });
  for (const run_id of runs)
    await call("POST", `${mlflow}/model-versions/create`, {
      name: "churn",
      source: `mlflow-artifacts:/${experimentId}/${run_id}/artifacts/model`,
      run_id,
    });
  await call("POST", `${mlflow}/registered-models/alias`, { name: "churn", alias: "champion", version: "1" });
  await call("POST", `${mlflow}/model-versions/transition-stage`, {
    name: "churn",
    version: "1",
    stage: "Production",
    archive_existing_versions: false,
  });
}

async function makeStudy(call: Call): Promise<void> {
  await call("POST", "/api/studies", {
    name: "forest",
    space: {
      rate: { type: "float", low: 0.001, high: 1, log: true },
      depth: { type: "int", low: 2, high: 12 },
      kind: { type: "categorical", choices: ["gini", "entropy"] },
    },
    directions: ["minimize"],
    sampler: "random",
    seed: 7,
  });
  for (let trial = 0; trial < 12; trial++) await tellTrial(call, "forest");
  await call("POST", "/api/studies/forest/ask", {});
}

/** One more trial of the study, as its worker would tell it. */
export async function tellTrial(call: Call, study: string): Promise<void> {
  const { trials } = await call<{ trials: { number: number; params: { rate: number; depth: number } }[] }>(
    "POST",
    `/api/studies/${study}/ask`,
    {},
  );
  const [{ number, params } = { number: 0, params: { rate: 1, depth: 1 } }] = trials;
  const value = (Math.log10(params.rate) + 1.5) ** 2 + Math.abs(params.depth - 7) / 4;
  for (let step = 0; step < 3; step++)
    await call("POST", `/api/studies/${study}/trials/${number}/report`, { step, value: value + 2 - step });
  await call("POST", `/api/studies/${study}/trials/${number}/tell`, { value });
}
