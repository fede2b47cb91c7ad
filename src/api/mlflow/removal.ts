/** Beyond MLflow's protocol: what was deleted goes for good when asked, and by itself after `tracking.deleted_days`. */
import { pruneDeletedRuns, removeExperiment, removeRun } from "../../store/tracking/removal.ts";
import type { ApiApp } from "../app.ts";
import { placeOf } from "./artifacts.ts";
import { callsOf, type MlflowParts, type Rpc } from "./rpc.ts";

const { remove } = callsOf("Experiments");

/** Of a place that clients reach themselves, the files are theirs. */
async function emptyPlace({ artifacts }: MlflowParts, uri: string): Promise<void> {
  const place = placeOf(uri);
  if (place !== null && place !== "") await artifacts.remove(place);
}

const runFolder = (uri: string): string => uri.replace(/\/artifacts$/, "");

export const removalCalls: readonly Rpc[] = [
  remove("POST", "runs/delete-permanently", async ({ given }, parts) =>
    emptyPlace(parts, runFolder(await removeRun(parts.database, given.runId()))),
  ),
  remove("POST", "experiments/delete-permanently", async ({ given }, parts) =>
    emptyPlace(parts, await removeExperiment(parts.database, given.requiredText("experiment_id"))),
  ),
];

const dayMs = 86_400_000;
const everyMs = 3_600_000;

/** One pass; the number of runs that went. */
export async function removeOldRuns(parts: MlflowParts): Promise<number> {
  const { deletedDays } = parts.config.tracking;
  if (deletedDays === 0) return 0;
  let count = 0;
  for (;;) {
    const uris = await pruneDeletedRuns(parts.database, parts.clock.now() - deletedDays * dayMs);
    for (const uri of uris) await emptyPlace(parts, runFolder(uri));
    count += uris.length;
    if (uris.length === 0) return count;
  }
}

/** Once an hour, as long as the server runs. */
export function removeOldRunsInTime(app: ApiApp, parts: MlflowParts): void {
  if (parts.config.tracking.deletedDays === 0) return;
  let stopped = false;
  const pass = async (): Promise<void> => {
    await removeOldRuns(parts).catch((error: unknown) =>
      parts.log.error({ err: error }, "old deleted runs could not be removed"),
    );
    if (!stopped) timer = parts.clock.after(everyMs, () => void pass());
  };
  let timer = parts.clock.after(everyMs, () => void pass());
  app.addHook("onClose", async () => {
    stopped = true;
    timer.cancel();
  });
}
