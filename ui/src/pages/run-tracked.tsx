import type { RunDetail } from "../api/types.ts";
import { TrackedRuns } from "./ml/tracked-runs.tsx";

export function RunTracked({ run }: { run: RunDetail }) {
  return <TrackedRuns dagId={run.dagId} runId={run.runId} />;
}
