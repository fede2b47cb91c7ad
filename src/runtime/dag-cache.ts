/** The Dags of each text of a file, imported once in a process. */
import { TradewindError } from "../errors.ts";
import { type AnnouncedDags, announceDags } from "../sdk/collect.ts";
import { codeIdentity } from "./code-snapshot.ts";
import { DagImportFailure, loadDagFileVersion } from "./load-dag-file.ts";
import type { CodeLocation } from "./protocol.ts";
import type { RunnableDag } from "./runnable-dag.ts";

const files = new Map<string, Promise<AnnouncedDags>>();

/**
 * @throws TW_TASK_NOT_IN_DAG where the version's file does not make the Dag; whatever the file throws at import
 */
export async function loadRunnableDag(code: CodeLocation, dagId: string): Promise<RunnableDag> {
  const key = codeIdentity(code);
  let file = files.get(key);
  if (file === undefined) {
    file = importDags(code);
    files.set(key, file);
    // A text that could not be read may be restored; the next attempt tries again.
    file.catch(() => files.delete(key));
  }
  const dags = await file;
  const found = dags.collect(dagId);
  if (found) return await found;
  const known = dags.dagIds.join(", ") || "none";
  throw new TradewindError(
    "TW_TASK_NOT_IN_DAG",
    `expected ${code.relativeFile} to make the Dag "${dagId}", it makes ${known}`,
  );
}

async function importDags(code: CodeLocation): Promise<AnnouncedDags> {
  // A schedule that has ended since must not keep a run of that time from its end: it is not checked again.
  const options = { relativeFile: code.relativeFile, now: null };
  let dags: AnnouncedDags | undefined;
  try {
    await loadDagFileVersion(code, async (run) => {
      dags = await announceDags(run, options);
    });
  } catch (error) {
    throw error instanceof DagImportFailure ? error.cause : error;
  }
  return dags ?? (await announceDags(async () => undefined, options));
}
