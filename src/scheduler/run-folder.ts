/** The folder in which the Python tasks of a run work, so that `data/…` of one task is there for the next. */
import { rm } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { StartTask } from "../runtime/protocol.ts";
import type { SchedulerSettings } from "./settings.ts";

interface Run {
  readonly dagId: string;
  readonly runId: string;
}

/** The part of a start message that names it; nothing for tasks that work where the program was started. */
export function workingFolderOf(
  settings: Pick<SchedulerSettings, "workingDirectory" | "runsFolder">,
  interpreter: string,
  run: Run,
): Pick<StartTask, "workingFolder"> {
  const { workingDirectory, runsFolder } = settings;
  if (interpreter === "node" || workingDirectory === "start") return {};
  if (workingDirectory === "run") return { workingFolder: runFolder(runsFolder, run) };
  return {
    workingFolder: isAbsolute(workingDirectory) ? workingDirectory : resolve(workingDirectory),
  };
}

/** Takes the folder of a run away with the run. */
export async function removeRunFolder(runsFolder: string, run: Run): Promise<void> {
  await rm(runFolder(runsFolder, run), { recursive: true, force: true });
}

function runFolder(runsFolder: string, { dagId, runId }: Run): string {
  return join(runsFolder, `dag_id=${segment(dagId)}`, `run_id=${segment(runId)}`);
}

/** Nothing that leaves the folder, and no separator of lists of paths. */
function segment(text: string): string {
  return text.replace(/[^\w.=+~-]/g, (character) => (character === ":" ? "" : "_"));
}
