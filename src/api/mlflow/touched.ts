/** What a call of MLflow's protocol changed, as open pages name it: `run:<id>`, `experiment:<id>`, `model:<name>`. */
import { asRunId } from "../../store/tracking/ids.ts";
import type { Params } from "./params.ts";
import type { Rpc } from "./rpc.ts";

const readsOnly = ({ access }: Rpc): boolean =>
  typeof access === "string" || access.every(({ action }) => action === "read");

export function touchedBy(rpc: Rpc, given: Params): string[] {
  if (readsOnly(rpc)) return [];
  switch (rpc.path.split("/")[0]) {
    case "runs": {
      const run = runOf(given.text("run_id") || given.text("run_uuid"));
      return run.length > 0 ? run : ["experiments", `experiment:${given.text("experiment_id") || "0"}`];
    }
    case "experiments": {
      const id = given.text("experiment_id");
      return id === null ? ["experiments"] : ["experiments", `experiment:${id}`];
    }
    case "logged-models":
      return runOf(given.text("source_run_id"));
    case "registered-models":
    case "model-versions": {
      const names = [given.text("name"), given.text("new_name")].filter((name) => name !== null);
      return ["models", ...names.map((name) => `model:${name}`)];
    }
    default:
      return [];
  }
}

function runOf(id: string | null): string[] {
  const run = id === null ? null : asRunId(id);
  return run === null ? [] : [`run:${run}`];
}

/** The run in whose folder a file lies: `<experiment>/<run>/artifacts/…`. */
export function touchedByUpload(path: string): string[] {
  const run = /^\d+\/([0-9a-f]{32})\/artifacts\//.exec(path)?.[1];
  return run === undefined ? [] : [`run:${run}`];
}
