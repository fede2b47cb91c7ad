/** A run for Weights & Biases as the files of an offline run: params become its config, metrics its history and summary. */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { version } from "../../../version.ts";
import { ProtoWriter } from "../../onnx/protobuf.ts";
import { RecordLog } from "./record-log.ts";

export interface OfflineRunOptions {
  /** Folder in which `wandb/offline-run-…` is made. */
  readonly folder: string;
  /** Letters and digits. */
  readonly id: string;
  readonly project: string;
  readonly entity: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Fields of `Record` and what is in it, of W&B's protocol. */
const kinds = { history: 2, summary: 3, config: 5, run: 17, exit: 18, header: 21 } as const;
const valueJson = 16;

/** As W&B's own JSON has them. */
const jsonOf = (value: unknown): string =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : (JSON.stringify(value) ?? "null");

export class OfflineRun {
  /** The folder that `wandb sync` takes. */
  readonly folder: string;
  readonly #log: RecordLog;
  readonly #startedAt: number;
  #records = 0;
  #step = -1;
  /** The row of history that more metrics may still join. */
  #row: { step: number; at: number; values: Map<string, number> } | null = null;
  readonly #summary = new Map<string, number>();

  constructor(options: OfflineRunOptions) {
    const { id, project, entity, name, startedAt } = options;
    const stamp = new Date(startedAt).toISOString().replaceAll(/[-:]/g, "").replace("T", "_").slice(0, 15);
    this.folder = join(options.folder, "wandb", `offline-run-${stamp}-${id}`);
    mkdirSync(join(this.folder, "files"), { recursive: true });
    mkdirSync(join(this.folder, "logs"), { recursive: true });
    this.#log = new RecordLog(join(this.folder, `run-${id}.wandb`));
    this.#startedAt = startedAt;
    this.#append(kinds.header, (header) =>
      header.message(1, (info) => info.text(1, `tradewind ${version}`).text(2, "0.70.0")),
    );
    this.#append(kinds.run, (run) => {
      run.text(1, id);
      if (entity !== "") run.text(2, entity);
      run.text(3, project).text(8, name).text(13, hostname());
      run.message(17, (time) =>
        time.int(1, Math.floor(startedAt / 1000)).int(2, (startedAt % 1000) * 1_000_000),
      );
    });
  }

  config(values: Readonly<Record<string, unknown>>): void {
    this.#append(kinds.config, (config) => {
      for (const [key, value] of Object.entries(values))
        config.message(1, (item) => item.text(1, key).text(valueJson, jsonOf(value)));
    });
  }

  /** Metrics of one step are one row. W&B's steps only grow: a value that comes again, or late, begins the next row. */
  metrics(values: Readonly<Record<string, number>>, { step, at }: { step: number; at: number }): void {
    const joins =
      this.#row !== null &&
      this.#row.step === step &&
      !Object.keys(values).some((key) => this.#row?.values.has(key));
    if (!joins) {
      this.#writeRow();
      this.#row = { step, at, values: new Map() };
    }
    for (const [key, value] of Object.entries(values)) {
      this.#row?.values.set(key, value);
      this.#summary.set(key, value);
    }
  }

  end(exitCode: number, at: number): void {
    this.#writeRow();
    const seconds = Math.max(0, Math.round((at - this.#startedAt) / 1000));
    this.#append(kinds.summary, (summary) => {
      for (const [key, value] of [...this.#summary, ["_runtime", seconds] as const])
        summary.message(1, (item) => item.text(1, key).text(valueJson, jsonOf(value)));
    });
    this.#append(kinds.exit, (exit) => exit.int(1, exitCode).int(2, seconds));
  }

  #writeRow(): void {
    const row = this.#row;
    this.#row = null;
    if (row === null) return;
    this.#step = Math.max(this.#step + 1, row.step);
    const step = this.#step;
    const beside = { _step: step, _timestamp: row.at / 1000, _runtime: (row.at - this.#startedAt) / 1000 };
    this.#append(kinds.history, (history) => {
      for (const [key, value] of [...row.values, ...Object.entries(beside)])
        history.message(1, (item) => item.text(2, key).text(valueJson, jsonOf(value)));
      history.message(2, (number) => number.int(1, step));
    });
  }

  #append(kind: number, build: (inner: ProtoWriter) => void): void {
    this.#records++;
    this.#log.append(new ProtoWriter().int(1, this.#records).message(kind, build).finish());
  }
}
