/**
 * A run that is being logged. Params, tags and artifacts are stored when their promise resolves. Metrics return at once
 * and are on their way; `flush` and `end` wait for them, and fail with what the server said about them.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { systemClock } from "../../time.ts";
import type { Estimator } from "../estimators/estimator.ts";
import type { TrackingClient } from "./client.ts";
import { MetricQueue } from "./metric-queue.ts";
import { type LoggedModel, type LogModelOptions, logModelOf } from "./model-files.ts";
import type { WandbForwarding } from "./wandb/forwarding.ts";

export type RunEnd = "FINISHED" | "FAILED" | "KILLED";

export interface MetricOptions {
  /** Default 0. */
  readonly step?: number;
  /** Milliseconds since the epoch; now when it is not given. */
  readonly timestamp?: number;
}

export interface RunFacts {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly artifactUri: string;
}

const mostParams = 100;

/** As Python's client writes values: text as it is, everything else as JSON. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

export class ActiveRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly artifactUri: string;
  readonly client: TrackingClient;
  readonly #metrics: MetricQueue;
  readonly #later: Promise<unknown>[] = [];
  /** Where the run is told besides. */
  readonly #wandb: WandbForwarding | null;

  constructor(client: TrackingClient, facts: RunFacts, wandb: WandbForwarding | null = null) {
    this.#wandb = wandb;
    this.runId = facts.runId;
    this.experimentId = facts.experimentId;
    this.name = facts.name;
    this.artifactUri = facts.artifactUri;
    this.client = client;
    this.#metrics = new MetricQueue(client, facts.runId);
  }

  /** @throws TradewindError TW_TRACKING_REFUSED when it was logged with another value. */
  logParam(key: string, value: unknown): Promise<void> {
    return this.logParams({ [key]: value });
  }

  async logParams(params: Readonly<Record<string, unknown>>): Promise<void> {
    this.#wandb?.params(params);
    const list = Object.entries(params).map(([key, value]) => ({ key, value: asText(value) }));
    for (let from = 0; from < list.length; from += mostParams)
      await this.#post("runs/log-batch", { params: list.slice(from, from + mostParams) });
  }

  /** @throws TradewindError TW_RUN_STOPPED where the server has stopped the run. */
  /** As `logMetrics`. */
  logMetric(key: string, value: number, options: MetricOptions = {}): Promise<void> {
    return this.logMetrics({ [key]: value }, options);
  }

  /**
   * Resolves when there is room for more, at once unless a hundred thousand points wait: nobody has to wait for it, but a
   * loop that logs faster than the server stores does well to.
   * @throws TradewindError TW_TRACKING_BACKLOG where five million wait; nothing of `metrics` is kept then.
   */
  logMetrics(metrics: Readonly<Record<string, number>>, options: MetricOptions = {}): Promise<void> {
    const { step = 0, timestamp = systemClock.now() } = options;
    this.#wandb?.metrics(metrics, { step, at: timestamp });
    return this.#metrics.add(
      Object.entries(metrics).map(([key, value]) => ({ key, value, step, timestamp })),
    );
  }

  /** A rule about its metrics does not hold, and ends it: what it logs is refused from then on. */
  get isStopped(): boolean {
    return this.#metrics.isStopped;
  }

  setTag(key: string, value: unknown): Promise<void> {
    return this.setTags({ [key]: value });
  }

  async setTags(tags: Readonly<Record<string, unknown>>): Promise<void> {
    const list = Object.entries(tags).map(([key, value]) => ({ key, value: asText(value) }));
    await this.#post("runs/log-batch", { tags: list });
  }

  /** @param artifactPath Folder among the artifacts; their root when it is not given. */
  async logArtifact(file: string, artifactPath = ""): Promise<void> {
    await this.#upload(join(artifactPath, basename(file)), await readFile(file));
  }

  /** All files of a folder, with its sub-folders. */
  async logArtifacts(folder: string, artifactPath = ""): Promise<void> {
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      const file = join(folder, name);
      if ((await stat(file)).isFile()) await this.#upload(join(artifactPath, name), await readFile(file));
    }
  }

  logText(text: string, artifactFile: string): Promise<void> {
    return this.#upload(artifactFile, text);
  }

  logDict(value: unknown, artifactFile: string): Promise<void> {
    return this.#upload(artifactFile, JSON.stringify(value, null, 2));
  }

  /** Under the run, and in the registry when `registeredModelName` is given. */
  logModel(model: Estimator, options: LogModelOptions): Promise<LoggedModel> {
    return logModelOf(this.client, this, model, options);
  }

  /** Work that `end` waits for, of code that cannot wait itself. */
  afterwards(work: Promise<unknown>): void {
    // Handled when the run ends; until then it is nobody's unhandled rejection.
    work.catch(() => undefined);
    this.#later.push(work);
  }

  /** Everything that was logged is stored. */
  async flush(): Promise<void> {
    await Promise.all(this.#later.splice(0));
    await this.#metrics.flush();
  }

  /** The run is marked as ended even when what it logged was refused; then that error is thrown. */
  async end(status: RunEnd = "FINISHED"): Promise<void> {
    let failure: unknown = null;
    await this.flush().catch((error: unknown) => {
      failure = error;
    });
    await this.#wandb?.end(failure === null && status === "FINISHED" ? 0 : 1);
    await this.#post("runs/update", {
      status: failure === null ? status : "FAILED",
      end_time: systemClock.now(),
    });
    if (failure !== null) throw failure;
  }

  async #post(path: string, given: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client.call("POST", path, { run_id: this.runId, ...given });
  }

  #upload(path: string, content: string | Uint8Array): Promise<void> {
    return this.client.upload(this.artifactUri, path.replaceAll("\\", "/"), content);
  }
}
