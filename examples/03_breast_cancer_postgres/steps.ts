/** What the tasks of the breast-cancer pipeline do. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getClient, getContext, PostgresHook } from "tradewind";
import {
  type FoldScore,
  LogisticRegression,
  loadBreastCancer,
  loadModel,
  PCA,
  Pipeline,
  readCsv,
  StandardScaler,
  saveModel,
  scoreFold,
  snapshotOf,
  stratifiedKFold,
  summarizeSearch,
  type Table,
  withRun,
  writeCsv,
} from "tradewind/ml";

export interface CandidateScore extends FoldScore {
  fold: number;
  nComponents: number;
}

export interface Summary {
  candidates: { nComponents: number; mean: number; std: number; rank: number }[];
  best: number;
}

/** The model that the search varies. */
function candidate(nComponents: number): Pipeline {
  return new Pipeline([
    ["scale", new StandardScaler()],
    ["pca", new PCA({ nComponents })],
    ["model", new LogisticRegression({ maxIter: 1000 })],
  ]);
}

export async function loadSamples(): Promise<string> {
  const { table } = await loadBreastCancer();
  return save("samples.csv", table);
}

/** Drops rows with gaps and repeated rows, and says how many. Scaling is left to the model, fold by fold. */
export async function preprocessSamples({ data }: { data: string }): Promise<string> {
  const table = await readCsv(data);
  const repeated = new Set(table.duplicates());
  const complete = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => !repeated.has(row) && table.names.every((name) => table.value(name, row) !== null),
  );
  getContext().logger.info("prepared the samples", {
    rows: complete.length,
    dropped: table.rows - complete.length,
  });
  return save("prepared.csv", table.select(complete));
}

/** One statement for all rows: a retry finds them there and changes nothing. */
export async function saveBatchData({ data }: { data: string }): Promise<number> {
  const { x, y } = await readSamples(data);
  const rows = Array.from(y, (target, row) => ({
    row_number: row,
    features: Array.from(x.row(row)),
    target,
  }));
  const sql = await postgres();
  const [result] = await sql.run(
    `INSERT INTO batch_data (run_id, row_number, features, target)
     SELECT $1, row_number, features, target
     FROM jsonb_to_recordset($2::jsonb) AS sample (row_number integer, features double precision[], target smallint)
     ON CONFLICT (run_id, row_number) DO NOTHING`,
    { parameters: [getContext().runId, JSON.stringify(rows)] },
  );
  return result?.rowCount ?? 0;
}

/** One candidate on one of three folds. */
export async function scoreCandidate({
  data,
  fold,
  nComponents,
}: {
  data: string;
  fold: number;
  nComponents: number;
}): Promise<CandidateScore> {
  const { x, y } = await readSamples(data);
  const split = stratifiedKFold(y, { folds: 3 })[fold];
  return { fold, nComponents, ...scoreFold(candidate(nComponents), x, y, split) };
}

/** Means, deviations and ranks over the folds, as GridSearchCV gives them. */
export async function summarizeScores({ scores }: { scores: CandidateScore[] }): Promise<Summary> {
  const components = [...new Set(scores.map((score) => score.nComponents))].sort((a, b) => a - b);
  const results = summarizeSearch(
    components.map((nComponents) => ({ nComponents })),
    components.map((nComponents) => scores.filter((score) => score.nComponents === nComponents)),
  );
  const candidates = components.map((nComponents, at) => ({
    nComponents,
    mean: results.meanTestScore[at],
    std: results.stdTestScore[at],
    rank: results.rankTestScore[at],
  }));
  const best = components[results.bestIndex];
  getContext().logger.info(`best with ${best} components`, { accuracy: candidates[results.bestIndex].mean });
  return { candidates, best };
}

/** Appends the run's results to the table of experiments. */
export async function saveResults({ summary }: { summary: Summary }): Promise<number> {
  const sql = await postgres();
  const [result] = await sql.run(
    `INSERT INTO experiments (run_id, n_components, mean_accuracy, std_accuracy, rank)
     SELECT $1, "nComponents", mean, std, rank
     FROM jsonb_to_recordset($2::jsonb)
       AS candidate ("nComponents" integer, mean double precision, std double precision, rank integer)
     ON CONFLICT (run_id, n_components) DO NOTHING`,
    { parameters: [getContext().runId, JSON.stringify(summary.candidates)] },
  );
  return result?.rowCount ?? 0;
}

/** Fits the best candidate on all rows and saves it beside what is known of it. */
export async function fitBestModel({ data, summary }: { data: string; summary: Summary }): Promise<string> {
  const { x, y } = await readSamples(data);
  const model = candidate(summary.best).fit(x, y);
  const folder = await runFolder();
  await saveModel(join(folder, "model.json"), model);
  const about = {
    runId: getContext().runId,
    rows: x.rows,
    ...summary.candidates.find((one) => one.rank === 1),
  };
  await writeFile(join(folder, "model-card.json"), JSON.stringify(about, null, 2));
  return join(folder, "model.json");
}

/** The search as a run, its candidates as children, and the best model as a version; what MLflow's clients see, too. */
export async function trackExperiments({
  data,
  summary,
  model,
}: {
  data: string;
  summary: Summary;
  model: string;
}): Promise<{ runId: string; version: string | null }> {
  const table = await readCsv(data, { types: { target: "number" } });
  const { runId } = getContext();
  return withRun({ experiment: "breast_cancer", name: runId }, async (run) => {
    for (const { nComponents, mean, std, rank } of summary.candidates)
      await withRun({ name: `${nComponents} components` }, async (candidate) => {
        await candidate.logParams({ n_components: nComponents });
        candidate.logMetrics({ mean_accuracy: mean, std_accuracy: std, rank });
      });
    await run.logParams({ best_n_components: summary.best, rows: table.rows });
    await run.setTags({ data: snapshotOf(table).digest });
    run.logMetrics({ best_accuracy: Math.max(...summary.candidates.map(({ mean }) => mean)) });
    const { version } = await run.logModel(await loadModel(model), {
      name: "model",
      features: table.names.filter((name) => name !== "target"),
      registeredModelName: "breast_cancer",
    });
    return { runId: run.runId, version };
  });
}

async function postgres(): Promise<PostgresHook> {
  return new PostgresHook(await getClient().getConnectionOrThrow("postgres_default"));
}

async function readSamples(path: string) {
  const table = await readCsv(path, { types: { target: "number" } });
  return { x: table.matrix(table.names.filter((name) => name !== "target")), y: table.numbers("target") };
}

async function save(name: string, table: Table): Promise<string> {
  const path = join(await runFolder(), name);
  await writeCsv(path, table);
  return path;
}

async function runFolder(): Promise<string> {
  const { params, runId } = getContext();
  const folder = join(String(params["folder"]), runId.replaceAll(/[^\w.+-]/g, "_"));
  await mkdir(folder, { recursive: true });
  return folder;
}
