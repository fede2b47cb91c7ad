/** Where the code of a Dag's current version is, for processes that this command starts itself. */
import { TradewindError } from "../errors.ts";
import type { CodeLocation } from "../runtime/protocol.ts";
import { currentVersion, type DagVersion } from "../store/dag-versions.ts";
import type { Work } from "./database-command.ts";
import { knownDag } from "./known-dag.ts";

/** @throws TradewindError TW_DAG_NOT_FOUND. */
export async function currentCode(
  work: Work,
  dagId: string,
): Promise<{ version: DagVersion; code: CodeLocation }> {
  const { dagsFolder } = await knownDag(work, dagId);
  const version = await currentVersion(work.database, dagId);
  if (version === null)
    throw new TradewindError("TW_DAG_NOT_FOUND", `${dagId} has no version that could be imported`);
  const { spec, hash, files, interpreter } = version;
  const code = {
    dagsFolder,
    relativeFile: spec.relativeFile,
    versionHash: hash,
    snapshotFolder: work.session.config.paths.versions,
    files,
    interpreter,
  };
  return { version, code };
}
