/** What a terminal shows of one run while it goes on: a line for each task, a bar for each mapped one. */
import { finishedStates, type TaskInstanceState } from "../../core/states.ts";

/** One instance as the display needs it; instants in milliseconds since the epoch. */
export interface InstanceView {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly state: TaskInstanceState | null;
  readonly tryNumber: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
}

export interface RunView {
  readonly dagId: string;
  readonly runId: string;
  readonly state: string;
  /** In the order of display; instances of one task stand together. */
  readonly instances: readonly InstanceView[];
}

export interface Style {
  /** Wraps a text in the colour of a state; the identity where colours are unwanted. */
  colour(state: TaskInstanceState | null, text: string): string;
  readonly width: number;
  /** Lines at most; finished tasks are folded away first. */
  readonly height: number;
}

const marks: Readonly<Record<TaskInstanceState | "none", string>> = {
  none: "·",
  scheduled: "○",
  queued: "◌",
  running: "▶",
  success: "✔",
  failed: "✘",
  skipped: "↷",
  upstream_failed: "⊘",
  up_for_retry: "↻",
  up_for_reschedule: "⏲",
  deferred: "⏸",
  restarting: "↻",
  removed: "×",
  awaiting_input: "?",
};

export function drawRun(run: RunView, now: number, style: Style): string[] {
  const groups = byTask(run.instances);
  const room = Math.max(12, Math.floor(style.width / 2));
  const nameWidth = Math.min(40, room, Math.max(8, ...[...groups.keys()].map((name) => name.length)));
  const lines = [...groups].map(([taskId, instances]) => ({
    done: instances.every((instance) => finishedStates.has(instance.state)),
    text: taskLine(fit(taskId, nameWidth), instances, now, style),
  }));
  const height = Math.max(3, style.height - 2);
  const shown = lines.length <= height ? lines : foldFinished(lines, height);
  const head = joined([{ text: `${run.dagId}  ${run.state}  ${run.runId}` }], style);
  return [head, ...shown.map((line) => line.text)];
}

/** Exactly as wide as asked: filled with blanks, or cut with an ellipsis. */
function fit(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

interface Segment {
  readonly text: string;
  readonly state?: TaskInstanceState | null;
}

/** One line of the terminal, never more: a line that wraps would break the next drawing over it. */
function joined(segments: readonly Segment[], style: Style): string {
  let left = style.width - 1;
  let line = "";
  for (const { text, state } of segments) {
    const cut = text.length <= left ? text : `${text.slice(0, Math.max(0, left - 1))}…`;
    left -= cut.length;
    line += state === undefined ? cut : style.colour(state, cut);
    if (left <= 0) break;
  }
  return line;
}

function byTask(instances: readonly InstanceView[]): Map<string, InstanceView[]> {
  const groups = new Map<string, InstanceView[]>();
  for (const instance of instances) {
    const group = groups.get(instance.taskId);
    if (group) group.push(instance);
    else groups.set(instance.taskId, [instance]);
  }
  return groups;
}

function taskLine(name: string, instances: readonly InstanceView[], now: number, style: Style): string {
  const [first] = instances;
  if (first === undefined) return name;
  if (instances.length > 1 || first.mapIndex >= 0) return mappedLine(name, instances, style);
  const state = first.state;
  const retries = first.tryNumber > 1 ? `  try ${first.tryNumber}` : "";
  const body = `${marks[state ?? "none"]} ${name}  ${(state ?? "").padEnd(17)}`;
  return joined(
    [{ text: "  " }, { text: body, state }, { text: `${duration(first, now)}${retries}` }],
    style,
  );
}

function mappedLine(name: string, instances: readonly InstanceView[], style: Style): string {
  const count = (state: TaskInstanceState): number =>
    instances.filter((instance) => instance.state === state).length;
  const total = instances.length;
  const done = instances.filter((instance) => finishedStates.has(instance.state)).length;
  const failed = count("failed") + count("upstream_failed");
  const width = Math.max(10, Math.min(30, style.width - name.length - 40));
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  const state = failed > 0 ? "failed" : done === total ? "success" : "running";
  const notes = [
    `${done}/${total}`,
    ...(failed ? [`${failed} failed`] : []),
    ...(count("running") ? [`${count("running")} running`] : []),
  ];
  return joined(
    [
      { text: "  " },
      { text: marks[state], state },
      { text: ` ${name}  ` },
      { text: "█".repeat(filled), state },
      { text: `${"░".repeat(width - filled)} ${notes.join("  ")}` },
    ],
    style,
  );
}

/** Seconds that an instance ran, or has been running. */
export function duration(instance: InstanceView, now: number): string {
  if (instance.startDate === null) return "";
  const seconds = Math.max(0, (instance.endDate ?? now) - instance.startDate) / 1000;
  return seconds < 60
    ? `${seconds.toFixed(2)} s`
    : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

function foldFinished(lines: readonly { done: boolean; text: string }[], room: number): { text: string }[] {
  const active = lines.filter((line) => !line.done).slice(0, room - 1);
  const finished = lines.filter((line) => line.done);
  const kept = finished.slice(finished.length - Math.max(0, room - 1 - active.length));
  const folded = lines.length - kept.length - active.length;
  return [{ text: `  … ${folded} more` }, ...kept, ...active];
}

/** What changed between two views, for a pipe: a line for each new state. */
export function changes(before: RunView | null, after: RunView): InstanceView[] {
  const key = (instance: InstanceView): string => `${instance.taskId}\n${instance.mapIndex}`;
  const known = new Map(before?.instances.map((instance) => [key(instance), instance]));
  return after.instances.filter((instance) => {
    const old = known.get(key(instance));
    return instance.state !== null && (old?.state !== instance.state || old.tryNumber !== instance.tryNumber);
  });
}
