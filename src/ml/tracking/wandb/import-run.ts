/**
 * Offline runs of Weights & Biases as runs here: config becomes params, history metrics, what only the summary has its last
 * metrics, files artifacts. A run comes in once: its id is a tag, and the next time finds it.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { TradewindError } from "../../../errors.ts";
import { systemClock } from "../../../time.ts";
import { TrackingClient } from "../client.ts";
import { findOrCreateExperiment } from "../experiments.ts";
import { type MetricPoint, MetricQueue } from "../metric-queue.ts";
import { contentsOf, type OfflineContents } from "./offline-contents.ts";
import { readRecords } from "./record-reader.ts";

export interface WandbImportOptions {
  /** Made when it is not there. Default: the run's project, or "Default". */
  readonly experiment?: string;
  /** Default: the server of the environment. */
  readonly client?: TrackingClient;
}

export interface ImportedWandbRun {
  readonly runId: string;
  readonly wandbId: string;
  readonly name: string;
  readonly params: number;
  /** Points. */
  readonly metrics: number;
  /** Keys of the history that are no numbers: images, tables, texts. */
  readonly leftOut: readonly string[];
  /** False where the file breaks off: what is before has come in. */
  readonly isWhole: boolean;
  /** It was there already, and nothing changed. */
  readonly wasThere: boolean;
}

const idTag = "wandb.run_id";
const longestParam = 6000;
const mostParams = 100;
/** So many points wait for the server at most. */
const pointsAtOnce = 10_000;

/** Folders of offline runs: the folder itself, or those in it, by name. */
export async function wandbRunFolders(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  if (names.some((name) => name.endsWith(".wandb"))) return [folder];
  return names.filter((name) => /^(offline-)?run-/.test(name)).map((name) => join(folder, name));
}

/**
 * @param folder `wandb/offline-run-…`.
 * @throws TradewindError TW_ML_FORMAT for a folder without such a run; TW_TRACKING_SERVER, TW_TRACKING_REFUSED, and then
 * nothing of the run stays.
 */
export async function importWandbRun(
  folder: string,
  options: WandbImportOptions = {},
): Promise<ImportedWandbRun> {
  const contents = await read(folder);
  const client = options.client ?? new TrackingClient();
  const experiment = options.experiment ?? contents.project ?? "Default";
  const experimentId = await findOrCreateExperiment(client, experiment);
  const known = await findImported(client, experimentId, contents.id);
  if (known !== null) return { ...reportOf(contents, known), wasThere: true };
  const runId = await create(client, experimentId, contents);
  try {
    await fill(client, runId, contents);
    await uploadFiles(client, runId, join(folder, "files"));
    await end(client, runId, contents);
  } catch (error) {
    await client.call("POST", "runs/delete", { run_id: runId }).catch(() => undefined);
    throw error;
  }
  return { ...reportOf(contents, runId), wasThere: false };
}

async function read(folder: string): Promise<OfflineContents> {
  const name = (await readdir(folder)).find((one) => one.endsWith(".wandb"));
  const contents =
    name === undefined
      ? null
      : contentsOf(readRecords(await readFile(join(folder, name)), join(folder, name)));
  if (contents !== null) return contents;
  throw new TradewindError(
    "TW_ML_FORMAT",
    "expected a folder offline-run-… of W&B with a run in it, got none",
    {
      at: { file: folder },
    },
  );
}

interface FoundRuns {
  readonly runs?: readonly { readonly info: { readonly run_id: string; readonly status: string } }[];
}

/** One that was broken off is taken away: it comes in anew. */
async function findImported(
  client: TrackingClient,
  experimentId: string,
  id: string,
): Promise<string | null> {
  const { runs = [] } = await client.call<FoundRuns>("POST", "runs/search", {
    experiment_ids: [experimentId],
    filter: `tags.\`${idTag}\` = '${id.replaceAll("'", "")}'`,
  });
  for (const { info } of runs) {
    if (info.status !== "RUNNING") return info.run_id;
    await client.call("POST", "runs/delete", { run_id: info.run_id });
  }
  return null;
}

async function create(
  client: TrackingClient,
  experimentId: string,
  contents: OfflineContents,
): Promise<string> {
  const tags = {
    [idTag]: contents.id,
    "wandb.project": contents.project,
    "wandb.entity": contents.entity,
    "wandb.tags": contents.tags.length === 0 ? null : contents.tags.join(", "),
    "mlflow.note.content": contents.notes,
  };
  const { run } = await client.call<{ run: { info: { run_id: string } } }>("POST", "runs/create", {
    experiment_id: experimentId,
    run_name: contents.name ?? contents.id,
    start_time: contents.startedAt ?? systemClock.now(),
    tags: Object.entries(tags).flatMap(([key, value]) => (value === null ? [] : [{ key, value }])),
  });
  return run.info.run_id;
}

async function fill(client: TrackingClient, runId: string, contents: OfflineContents): Promise<void> {
  const params = [...contents.config].map(([key, value]) => ({ key: safeKey(key), value: asText(value) }));
  for (let from = 0; from < params.length; from += mostParams)
    await client.call("POST", "runs/log-batch", {
      run_id: runId,
      params: params.slice(from, from + mostParams),
    });
  const queue = new MetricQueue(client, runId);
  const points = pointsOf(contents);
  for (let from = 0; from < points.length; from += pointsAtOnce) {
    queue.add(points.slice(from, from + pointsAtOnce));
    await queue.flush();
  }
}

/** What the server takes as a name: other signs are not told apart there. */
const safeKey = (key: string): string => key.replaceAll(/[^\w\-. /:]/g, "_");

function asText(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.slice(0, longestParam);
}

/** W&B counts a truth as 1 or 0 in its charts, too. */
function numberOf(value: unknown): number | null {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" ? value : null;
}

function pointsOf({ history, summary, startedAt, exit }: OfflineContents): MetricPoint[] {
  const began = startedAt ?? 0;
  const points: MetricPoint[] = [];
  const add = (key: string, value: unknown, step: number, timestamp: number): void => {
    const number = numberOf(value);
    if (number !== null) points.push({ key: safeKey(key), value: number, step, timestamp });
  };
  for (const { step, at, values } of history)
    for (const [key, value] of Object.entries(values)) add(key, value, step, at ?? began);
  const logged = new Set(history.flatMap(({ values }) => Object.keys(values)));
  const lastStep = history.at(-1)?.step ?? 0;
  for (const [key, value] of summary)
    if (!logged.has(key)) add(key, value, lastStep, began + (exit?.seconds ?? 0) * 1000);
  return points;
}

async function uploadFiles(client: TrackingClient, runId: string, folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  if (names.length === 0) return;
  const { run } = await client.call<{ run: { info: { artifact_uri: string } } }>("GET", "runs/get", {
    run_id: runId,
  });
  for (const name of names.sort()) {
    const file = join(folder, name);
    if (!(await stat(file)).isFile()) continue;
    await client.upload(
      run.info.artifact_uri,
      join("wandb", name).replaceAll("\\", "/"),
      await readFile(file),
    );
  }
}

async function end(
  client: TrackingClient,
  runId: string,
  { exit, startedAt, history }: OfflineContents,
): Promise<void> {
  const last = history.at(-1)?.at ?? startedAt;
  const endedAt = exit === null || startedAt === null ? last : startedAt + exit.seconds * 1000;
  await client.call("POST", "runs/update", {
    run_id: runId,
    // One that never said how it ended was killed.
    status: exit === null ? "KILLED" : exit.code === 0 ? "FINISHED" : "FAILED",
    end_time: endedAt ?? systemClock.now(),
  });
}

function reportOf(contents: OfflineContents, runId: string): Omit<ImportedWandbRun, "wasThere"> {
  const leftOut = new Set<string>();
  for (const { values } of contents.history)
    for (const [key, value] of Object.entries(values)) if (numberOf(value) === null) leftOut.add(key);
  return {
    runId,
    wandbId: contents.id,
    name: contents.name ?? basename(contents.id),
    params: contents.config.size,
    metrics: pointsOf(contents).length,
    leftOut: [...leftOut].sort(),
    isWhole: contents.isWhole,
  };
}
