/**
 * The words of lineage: what its nodes are, how they are named, and which way edges point. Data flows along an edge:
 *
 *     dataset, feature_view, asset_event, dag_version → task_attempt → run → logged_model → model_version
 *       → endpoint_variant → prediction
 */
import { TradewindError } from "../errors.ts";
import type { Json } from "./dag-model.ts";
import { type LineageKind, lineageKinds } from "./lineage-kinds.ts";

export { type LineageKind, lineageKinds };

export const lineageDirections = ["upstream", "downstream"] as const;
export type LineageDirection = (typeof lineageDirections)[number];

export interface LineageRef {
  readonly kind: LineageKind;
  readonly id: string;
}

export interface LineageEdge {
  readonly from: LineageRef;
  readonly to: LineageRef;
  /** From the end's side: "read", "logged", "version of". */
  readonly relation: string;
}

/** Names a node among all kinds. */
export const lineageKey = ({ kind, id }: LineageRef): string => `${kind}:${id}`;

/** What an attempt may tell that it read or made. */
export const usedKinds = ["dataset", "feature_view", "model_version"] as const;

export interface LineageUse {
  readonly direction: "input" | "output";
  readonly kind: (typeof usedKinds)[number];
  readonly name: string;
  /** Digest of a data set, number of a feature view or of a model's version; empty where it is not known. */
  readonly version: string;
  /** {uri, schema, profile, …} */
  readonly details: { readonly [name: string]: Json };
}

export interface AttemptCoordinates {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
}

export function attemptNode({ dagId, runId, taskId, mapIndex, tryNumber }: AttemptCoordinates): string {
  return `${dagId}/${runId}/${taskId}/${mapIndex}/${tryNumber}`;
}

/** Ids of Dags and tasks have no slash; a run's may. Null for what names no attempt. */
export function parseAttemptNode(id: string): AttemptCoordinates | null {
  const match = /^([^/]+)\/(.+)\/([^/]+)\/(-?\d{1,9})\/(\d{1,9})$/s.exec(id);
  if (match === null) return null;
  const [, dagId = "", runId = "", taskId = "", mapIndex, tryNumber] = match;
  return { dagId, runId, taskId, mapIndex: Number(mapIndex), tryNumber: Number(tryNumber) };
}

/** `head/tail` at the first slash: a Dag's run or version. */
export function parseOfDag(id: string): { dagId: string; rest: string } | null {
  const slash = id.indexOf("/");
  return slash <= 0 || slash === id.length - 1
    ? null
    : { dagId: id.slice(0, slash), rest: id.slice(slash + 1) };
}

/** `name/3` at the last slash: a version of a registered model or feature view. */
export function parseNumbered(id: string): { name: string; version: number } | null {
  const match = /^(.+)\/([1-9]\d{0,8})$/s.exec(id);
  return match === null ? null : { name: match[1] as string, version: Number(match[2]) };
}

/** `name:digest` at the last colon; the digest is empty where it is not known. */
export function parseDataset(id: string): { name: string; digest: string } | null {
  const colon = id.lastIndexOf(":");
  return colon <= 0 ? null : { name: id.slice(0, colon), digest: id.slice(colon + 1) };
}

export interface ServedVariant {
  readonly endpoint: string;
  readonly variant: string;
  readonly model: string;
  /** Empty for a model that is a folder. */
  readonly version: string;
}

export function variantNode({ endpoint, variant, model, version }: ServedVariant): string {
  return `${endpoint}/${variant}@${model}/${version}`;
}

/** Names of endpoints and variants have neither slash nor at sign; a model's name may have both. */
export function parseVariantNode(id: string): ServedVariant | null {
  const match = /^([^/@]+)\/([^/@]+)@(.+)\/([^/]*)$/s.exec(id);
  if (match === null) return null;
  const [, endpoint = "", variant = "", model = "", version = ""] = match;
  return { endpoint, variant, model, version };
}

const longestName = 500;
const longestVersion = 250;
const mostDetails = 64 * 1024;

/** @throws TradewindError TW_LINEAGE_VALUE for what cannot be kept. */
export function checkUse(use: LineageUse): LineageUse {
  const refuse = (what: string): never => {
    throw new TradewindError("TW_LINEAGE_VALUE", `lineage of ${JSON.stringify(use.name)}: ${what}`);
  };
  const { kind, name, version, details } = use;
  if (!usedKinds.includes(kind)) refuse(`expected kind to be one of ${usedKinds.join(", ")}, got ${kind}`);
  if (typeof name !== "string" || name === "" || name.length > longestName)
    refuse(`expected a name of 1 to ${longestName} characters`);
  if (version.length > longestVersion) refuse(`expected a version of at most ${longestVersion} characters`);
  if (kind !== "dataset" && !/^[1-9]\d{0,8}$/.test(version))
    refuse(`expected the number of a version, got ${JSON.stringify(version)}`);
  const text = JSON.stringify([name, version, details]);
  // PostgreSQL has no way to keep the character 0.
  if (text.includes("\\u0000")) refuse("expected texts without the character 0");
  const bytes = text.length;
  if (bytes > mostDetails) refuse(`expected details of at most ${mostDetails} characters, got ${bytes}`);
  return use;
}
