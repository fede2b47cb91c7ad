/**
 * Forwards a run to Weights & Biases beside tracking it here: as an offline folder, which `wandb sync` sends by hand, or
 * which is sent when the run ends where a key is set and the `wandb` command is there. Whatever goes wrong is said once in
 * the log and never reaches the task.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { systemClock } from "../../../time.ts";
import { wandbSettings } from "../environment.ts";
import { OfflineRun } from "./offline-run.ts";

export interface WandbOptions {
  /** Default: WANDB_PROJECT, or the experiment's name. */
  readonly project?: string;
  /** Default: WANDB_ENTITY, or that of the key. */
  readonly entity?: string;
  /** Folder in which `wandb/` is made. Default: WANDB_DIR, or the working folder. */
  readonly folder?: string;
  /** "online" sends when the run ends. Default: WANDB_MODE, or online where a key is set. */
  readonly mode?: "offline" | "online" | "disabled";
}

/** A key that somebody entered wrongly must not hold up the end of a task for long. */
const longestSyncMs = 120_000;

export class WandbForwarding {
  readonly #run: OfflineRun;
  readonly #sends: boolean;
  readonly #warn: (message: string) => void;
  #broken = false;

  private constructor(run: OfflineRun, sends: boolean, warn: (message: string) => void) {
    this.#run = run;
    this.#sends = sends;
    this.#warn = warn;
  }

  /** Null where it is disabled, or the folder cannot be made. */
  static open(
    options: WandbOptions,
    run: { readonly name: string; readonly experiment: string },
    warn: (message: string) => void,
  ): WandbForwarding | null {
    const settings = wandbSettings();
    const mode = options.mode ?? (settings.mode === "" ? null : settings.mode);
    if (mode === "disabled") return null;
    try {
      const offline = new OfflineRun({
        folder: options.folder ?? (settings.folder === "" ? process.cwd() : settings.folder),
        id: randomBytes(4).toString("hex"),
        project: options.project ?? (settings.project === "" ? run.experiment : settings.project),
        entity: options.entity ?? settings.entity,
        name: run.name,
        startedAt: systemClock.now(),
      });
      return new WandbForwarding(offline, mode === "online" || (mode === null && settings.hasKey), warn);
    } catch (error) {
      warn(`the run is not forwarded to Weights & Biases: ${(error as Error).message}`);
      return null;
    }
  }

  /** The folder that `wandb sync` takes. */
  get folder(): string {
    return this.#run.folder;
  }

  params(values: Readonly<Record<string, unknown>>): void {
    this.#try(() => this.#run.config(values));
  }

  metrics(values: Readonly<Record<string, number>>, at: { step: number; at: number }): void {
    this.#try(() => this.#run.metrics(values, at));
  }

  async end(exitCode: number): Promise<void> {
    this.#try(() => this.#run.end(exitCode, systemClock.now()));
    if (this.#broken || !this.#sends) return;
    const problem = await sync(this.folder);
    if (problem !== null)
      this.#warn(
        `the run was not sent to Weights & Biases (${problem}); it is kept in ${this.folder} for wandb sync`,
      );
  }

  #try(write: () => void): void {
    if (this.#broken) return;
    try {
      write();
    } catch (error) {
      this.#broken = true;
      this.#warn(`the run is no longer forwarded to Weights & Biases: ${(error as Error).message}`);
    }
  }
}

/** What the command says may name the key, so that only how it ended is told. */
function sync(folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile("wandb", ["sync", folder], { timeout: longestSyncMs }, (error) => {
      if (error === null) return resolve(null);
      const { code } = error as NodeJS.ErrnoException;
      resolve(
        code === "ENOENT"
          ? "the command wandb is not installed"
          : `wandb sync ended with ${String(code ?? "a signal")}`,
      );
    });
  });
}
