/** The Dags of each text of a file, imported once in a process. */
import { TradewindError } from "../errors.ts";
import { type CollectedDag, collectDags } from "../sdk/collect.ts";
import { codeIdentity } from "./code-snapshot.ts";
import { DagImportFailure, loadDagFileVersion } from "./load-dag-file.ts";
import type { CodeLocation } from "./protocol.ts";
import type { RunnableDag } from "./runnable-dag.ts";

const files = new Map<string, Promise<ReadonlyMap<string, CollectedDag>>>();

/**
 * @throws TW_TASK_NOT_IN_DAG where the version's file does not make the Dag; whatever the file throws at import
 */
export async function loadRunnableDag(code: CodeLocation, dagId: string): Promise<RunnableDag> {
  const key = codeIdentity(code);
  let dags = files.get(key);
  if (dags === undefined) {
    dags = importDags(code);
    files.set(key, dags);
    // A text that could not be read may be restored; the next attempt tries again.
    dags.catch(() => files.delete(key));
  }
  const found = (await dags).get(dagId);
  if (found) return found;
  const known = [...(await dags).keys()].join(", ") || "none";
  throw new TradewindError(
    "TW_TASK_NOT_IN_DAG",
    `expected ${code.relativeFile} to make the Dag "${dagId}", it makes ${known}`,
  );
}

async function importDags(code: CodeLocation): Promise<ReadonlyMap<string, CollectedDag>> {
  let dags: CollectedDag[] = [];
  try {
    await loadDagFileVersion(code, async (run) => {
      // A schedule that has ended since must not keep a run of that time from its end: it is not checked again.
      dags = await collectDags(run, { relativeFile: code.relativeFile, now: null });
    });
  } catch (error) {
    throw error instanceof DagImportFailure ? error.cause : error;
  }
  return new Map(dags.map((dag) => [dag.spec.dagId, dag]));
}
