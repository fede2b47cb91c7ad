/** Where runs are logged to, from the environment that the task's process was given: MLflow's own variables. */
import { TradewindError } from "../../errors.ts";

export interface TrackingServer {
  /** Without a slash at its end. */
  readonly uri: string;
  /** Of `Authorization`; null where none is known. */
  readonly authorization: string | null;
}

/** Whether the environment names a server at all; a Dag that is tested in memory has none. */
export function isTracked(): boolean {
  return (process.env["MLFLOW_TRACKING_URI"] ?? "") !== "";
}

/** @throws TradewindError TW_TRACKING_SERVER where no server is named, or one that does not speak HTTP. */
export function trackingServer(): TrackingServer {
  const environment = process.env;
  const uri = environment["MLFLOW_TRACKING_URI"]?.replace(/\/+$/, "") ?? "";
  if (!/^https?:\/\//.test(uri))
    throw new TradewindError(
      "TW_TRACKING_SERVER",
      `MLFLOW_TRACKING_URI: expected http://… of a tracking server, got ${uri === "" ? "none" : JSON.stringify(uri)}`,
      { hint: "tasks find it by themselves under `tradewind standalone`; elsewhere set it yourself" },
    );
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = environment;
  if (token) return { uri, authorization: `Bearer ${token}` };
  if (!user) return { uri, authorization: null };
  const pair = `${user}:${environment["MLFLOW_TRACKING_PASSWORD"] ?? ""}`;
  return { uri, authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Variables of Weights & Biases' client. The key itself stays in the environment, for its own command. */
export function wandbSettings() {
  const { WANDB_PROJECT, WANDB_ENTITY, WANDB_DIR, WANDB_MODE, WANDB_API_KEY } = process.env;
  return {
    project: WANDB_PROJECT ?? "",
    entity: WANDB_ENTITY ?? "",
    folder: WANDB_DIR ?? "",
    mode: WANDB_MODE ?? "",
    hasKey: (WANDB_API_KEY ?? "") !== "",
  };
}

/** The AWS_* variables of the task, for stores that data is read from. */
export const storeEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;
