/** Where files of an instance's values lie under the artifact root. */
import { join } from "node:path";
import type { TaskCoordinates } from "./protocol.ts";

export function xcomFolder(
  artifactRoot: string,
  { dagId, runId, taskId, mapIndex }: Pick<TaskCoordinates, "dagId" | "runId" | "taskId" | "mapIndex">,
): string {
  const parts = [
    "xcom",
    `dag_id=${dagId}`,
    `run_id=${runId}`,
    `task_id=${taskId}`,
    ...(mapIndex < 0 ? [] : [`map_index=${mapIndex}`]),
  ];
  return join(artifactRoot, ...parts.map(safeName));
}

/** As a path segment: nothing that leaves the folder or that a file system refuses. */
export function safeName(text: string): string {
  const safe = text.replace(/[^\w.=+:~-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return /^\.+$/.test(safe) ? safe.replaceAll(".", "%2e") : safe;
}
