/** A gate between a candidate and the champion, as a task. */
import { getContext } from "../../sdk/context.ts";
import { FailException, SkipException } from "../../sdk/outcomes.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import type { Table } from "../data/table.ts";
import { TrackingClient } from "../tracking/client.ts";
import { snapshotOf } from "../validation/snapshot.ts";
import { decideGate, type GateCheck, type GateMetric, type GateScores } from "./gate-decision.ts";
import { type AskedModel, withModel } from "./loaded-model.ts";
import { losses, type PredictionScore, predictionScore, scoreModel } from "./prediction-scores.ts";
import { type ModelVersionRef, tagVersion, versionOfAlias } from "./registry.ts";

export interface HoldOut {
  table: Table;
  /** The column that is to be predicted. */
  target: string;
}

export interface GateTaskOptions extends TaskOptions {
  /** What is judged: all of them have to hold. A name of `prediction-scores.ts`, or one with a `score` of its own. */
  metrics: readonly (GateMetric & { readonly score?: PredictionScore })[];
  /** Rows that neither model was fitted on. Both are scored on the same ones, now. */
  holdOut: () => HoldOut | Promise<HoldOut>;
  /** `digest` of the hold-out's snapshot: other rows are refused. Without it the digest is only noted. */
  digest?: string;
  /** Whose place it is about. Default "champion". */
  alias?: string;
  /** What a candidate that meets the thresholds does when there is no champion yet. */
  noChampion: "pass" | "fail";
  /**
   * What a candidate that does not pass does. "fail": the task fails, without another try. "skip": it is skipped, and
   * what is after it too. "branch": nothing; the result's `passed` decides in `dag.if`. Default "fail".
   */
  onFailure?: "fail" | "skip" | "branch";
}

export interface GateResult extends ModelVersionRef {
  passed: boolean;
  reason: string;
  alias: string;
  /** The version that it was compared with; null when there was none. */
  champion: string | null;
  /** Digest of the rows that both were scored on. */
  holdOut: string;
  checks: GateCheck[];
}

/**
 * A task that lets a candidate through when it is good enough, and better than the champion. Everything that cannot be
 * judged keeps it out: a score that is no number, a champion that cannot be loaded, rows other than the frozen ones.
 * The verdict is the task's result (or, where it fails or is skipped, its XCom `gate`) and stands in tags of the version.
 *
 * @example
 * const gate = gateTask(dag, "gate", {
 *   metrics: [{ name: "accuracy", threshold: 0.9 }, { name: "log_loss", minRelativeChange: 0.01 }],
 *   holdOut: async () => ({ table: await readParquet("holdout.parquet"), target: "label" }),
 *   noChampion: "pass",
 *   onFailure: "branch",
 * });
 * const verdict = gate({ candidate: registered });
 */
export function gateTask(
  dag: TaskScope,
  id: string,
  options: GateTaskOptions,
): TaskFactory<{ candidate: ModelVersionRef }, GateResult> {
  const { metrics, holdOut, digest, alias = "champion", noChampion, onFailure = "fail", ...rest } = options;
  const rules = metrics.map((metric) => ({ greaterIsBetter: !losses.has(metric.name), ...metric }));
  return dag.task(
    id,
    async ({ candidate }: { candidate: ModelVersionRef }): Promise<GateResult> => {
      const result = await judge(candidate, { metrics: rules, holdOut, digest, alias, noChampion });
      const { logger, ti } = getContext();
      logger.info(result.passed ? "the gate opens" : "the gate stays shut", { reason: result.reason });
      if (result.passed || onFailure === "branch") return result;
      await ti.xcomPush("gate", result);
      const said = `${candidate.name} ${candidate.version} does not pass: ${result.reason}`;
      throw onFailure === "skip" ? new SkipException(said) : new FailException(said);
    },
    rest,
  );
}

interface GateRules extends Pick<GateTaskOptions, "metrics" | "holdOut" | "noChampion"> {
  readonly alias: string;
  readonly digest: string | undefined;
}

async function judge(candidate: ModelVersionRef, rules: GateRules): Promise<GateResult> {
  const { alias, metrics, noChampion } = rules;
  const client = new TrackingClient();
  const { table, target } = await rules.holdOut();
  const { digest } = snapshotOf(table, "hold-out");
  const champion = await versionOfAlias(client, candidate.name, alias);
  const base = { ...candidate, alias, champion: champion?.version ?? null, holdOut: digest };
  const shut = async (reason: string): Promise<GateResult> =>
    told(client, { ...base, passed: false, reason, checks: [] });
  if (rules.digest !== undefined && rules.digest !== digest)
    return shut(`expected the frozen hold-out ${rules.digest}, got other rows: ${digest}`);
  if (champion?.version === candidate.version) return shut(`it is the ${alias} already`);
  const wanted = Object.fromEntries(metrics.map(({ name, score }) => [name, score ?? predictionScore(name)]));
  const score = (version: ModelVersionRef): Promise<GateScores> =>
    withModel(client, version, (model: AskedModel) => scoreModel(model, table, target, wanted));
  const mine = await attempt(() => score(candidate));
  if (mine instanceof Error) return shut(`the candidate could not be scored: ${mine.message}`);
  const theirs = champion === null ? null : await attempt(() => score(champion));
  if (theirs instanceof Error) return shut(`the ${alias} could not be scored: ${theirs.message}`);
  const decision = decideGate({ candidate: mine, champion: theirs, metrics, noChampion });
  return told(client, { ...base, ...decision });
}

/** What a model breaks on is a reason to keep it out, and told as such; the server's silence is the task's failure. */
async function attempt<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "TW_TRACKING_SERVER" || code === "TW_ML_PARAM") throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function told(client: TrackingClient, result: GateResult): Promise<GateResult> {
  const scores = result.checks.map(({ metric, candidate, champion }) => [metric, { candidate, champion }]);
  await tagVersion(client, result, {
    "gate.passed": String(result.passed),
    "gate.reason": result.reason,
    "gate.champion": result.champion ?? "none",
    "gate.hold_out": result.holdOut,
    "gate.scores": JSON.stringify(Object.fromEntries(scores)),
  });
  return result;
}
