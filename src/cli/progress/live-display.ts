/** Keeps a run on the screen: redraws in place on a terminal, writes a line for each change in a pipe. */
import pc from "picocolors";
import type { TaskInstanceState } from "../../core/states.ts";
import type { Clock } from "../../time.ts";
import { changes, drawRun, duration, type RunView } from "./run-progress.ts";

export interface Screen {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

export const terminal: Screen = {
  write: (text) => void process.stdout.write(text),
  get isTTY() {
    return process.stdout.isTTY === true;
  },
  get columns() {
    return process.stdout.columns ?? 100;
  },
  get rows() {
    return process.stdout.rows ?? 40;
  },
  colours: pc.isColorSupported,
};

export class LiveDisplay {
  readonly #screen: Screen;
  readonly #clock: Clock;
  #last: RunView | null = null;
  #drawn = 0;

  constructor(screen: Screen, clock: Clock) {
    this.#screen = screen;
    this.#clock = clock;
  }

  show(run: RunView): void {
    if (this.#screen.isTTY) this.#redraw(run);
    else this.#writeChanges(run);
    this.#last = run;
  }

  /** Writes something else above what is drawn, and draws it again. */
  above(write: () => void): void {
    if (this.#drawn > 0) this.#screen.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
    write();
    if (this.#last !== null && this.#screen.isTTY) this.#redraw(this.#last);
  }

  #redraw(run: RunView): void {
    const lines = drawRun(run, this.#clock.now(), {
      colour: (state, text) => (this.#screen.colours ? colourOf(state)(text) : text),
      width: this.#screen.columns,
      height: this.#screen.rows,
    });
    // Up over what was drawn, then each line cleared to its end before it is written again.
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    this.#screen.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join("")}\u001b[0J`);
    this.#drawn = lines.length;
  }

  #writeChanges(run: RunView): void {
    for (const instance of changes(this.#last, run)) {
      const name = instance.mapIndex >= 0 ? `${instance.taskId}[${instance.mapIndex}]` : instance.taskId;
      const details = [
        instance.tryNumber > 1 ? `try ${instance.tryNumber}` : "",
        instance.endDate === null ? "" : duration(instance, this.#clock.now()),
      ].filter((text) => text !== "");
      const time = new Date(this.#clock.now()).toISOString();
      this.#screen.write(
        `${time} ${run.dagId} ${name} ${instance.state}${details.length ? ` (${details.join(", ")})` : ""}\n`,
      );
    }
    if (this.#last?.state !== run.state)
      this.#screen.write(
        `${new Date(this.#clock.now()).toISOString()} ${run.dagId} run ${run.runId} ${run.state}\n`,
      );
  }
}

function colourOf(state: TaskInstanceState | null): (text: string) => string {
  switch (state) {
    case "success":
      return pc.green;
    case "failed":
    case "upstream_failed":
      return pc.red;
    case "running":
    case "restarting":
      return pc.cyan;
    case "up_for_retry":
    case "up_for_reschedule":
    case "deferred":
    case "awaiting_input":
      return pc.yellow;
    case "skipped":
      return pc.magenta;
    default:
      return pc.dim;
  }
}
