/**
 * What names, keys and values may be, as MLflow has it (mlflow/utils/validation.py): its clients and its files
 * depend on these bounds. Values that are too long are cut where MLflow cuts them, and refused where it refuses them.
 */
import { TradewindError } from "../../errors.ts";

export const longest = {
  experimentName: 500,
  artifactLocation: 2048,
  key: 250,
  paramValue: 6000,
  runTagValue: 8000,
  experimentTagValue: 5000,
  registryTagValue: 100_000,
  modelName: 500,
  alias: 255,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;

export const most = { metrics: 1000, params: 100, tags: 100, entities: 1000, datasets: 1000 } as const;

export function refuse(message: string): TradewindError {
  return new TradewindError("TW_TRACKING_VALUE", message);
}

function requireShort(value: string, limit: number, what: string): void {
  if (value.length > limit) throw refuse(`'${what}' exceeds the maximum length of ${limit} characters`);
}

const keyCharacters = /^[/\w.\- :]*$/;

/** True for a path that names the same place when it is normalised, and that place is below where it starts. */
export function isPlainPath(path: string): boolean {
  if (path === "" || path === "." || path.startsWith("/") || path.endsWith("/")) return false;
  return !path.split("/").some((part) => part === "" || part === "." || part === "..");
}

/**
 * @param what "Metric", "Param", "Tag": the thing whose key it is.
 * @param where The field in which it came.
 */
export function requireKey(key: string, what: string, where = "key"): void {
  if (!keyCharacters.test(key) || key === "")
    throw refuse(
      `Invalid value "${key}" for parameter '${where}' supplied: Names may only contain alphanumerics, underscores (_), ` +
        "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  if (!isPlainPath(key))
    throw refuse(
      `Invalid value "${key}" for parameter '${where}' supplied: Names may be treated as files in certain cases, and ` +
        "must not resolve to other names when treated as such.",
    );
  requireShort(key, longest.key, `${what} key`);
}

export function requireExperimentName(name: string): void {
  if (name.trim() === "") throw refuse("Invalid experiment name: expected some text, got an empty one.");
  requireShort(name, longest.experimentName, "name");
}

/** Where artifacts go: a URI without fragment, or a path. */
export function requireArtifactLocation(location: string): void {
  if (location.startsWith("runs:"))
    throw refuse(
      `Artifact location cannot be a runs:/ URI. Given: '${location}'. Expected a place of its own, such as s3://bucket/path`,
    );
  if (location.includes("#"))
    throw refuse(`Invalid artifact location '${location}': expected a URI without a fragment ('#…')`);
  requireShort(location, longest.artifactLocation, "artifact_location");
}

/** Longer values are cut to what a database row takes, as MLflow does by default. */
export function cutParam(value: string): string {
  return value.length > longest.paramValue ? value.slice(0, longest.paramValue) : value;
}

export function cutRunTag(value: string): string {
  return value.length > longest.runTagValue ? value.slice(0, longest.runTagValue) : value;
}

export function requireExperimentTag(key: string, value: string): void {
  requireKey(key, "Tag");
  requireShort(value, longest.experimentTagValue, "value");
}

export function requireRegistryTag(key: string, value: string): void {
  requireKey(key, "Tag");
  requireShort(value, longest.registryTagValue, "value");
}

export function requireModelName(name: string): void {
  if (name === "") throw refuse("Registered model name cannot be empty.");
  if (/[/:]/.test(name) || !isPlainPath(name))
    throw refuse(
      `Invalid name: '${name}'. Registered model name cannot contain '/' or ':', and must not resolve to another name when it is taken for a file's.`,
    );
  requireShort(name, longest.modelName, "name");
}

export function requireLoggedModelName(name: string): void {
  if (name === "" || /[/:.%"']/.test(name))
    throw refuse(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
}

export function requireAlias(alias: string): void {
  if (alias === "" || !/^[\w-]*$/.test(alias))
    throw refuse(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  requireShort(alias, longest.alias, "alias");
  if (alias.toLowerCase() === "latest") throw refuse("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw refuse(`Version alias name '${alias}' is reserved.`);
}

export interface LoggedDataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
}

export function requireDataset(dataset: LoggedDataset): void {
  requireShort(dataset.name, longest.datasetName, "name");
  requireShort(dataset.digest, longest.datasetDigest, "digest");
  requireShort(dataset.source, longest.datasetSource, "source");
  requireShort(dataset.schema ?? "", longest.datasetSchema, "schema");
  requireShort(dataset.profile ?? "", longest.datasetProfile, "profile");
}

export function requireInputTag(key: string, value: string): void {
  requireShort(key, longest.inputTagKey, "key");
  requireShort(value, longest.inputTagValue, "value");
}

export interface LoggedBatch {
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface LoggedMetric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since the epoch, an integer. */
  readonly timestamp: number;
  readonly step: number;
}

/** @param place What stands before the name of a field: "metrics[3]." within a batch. */
export function requireMetric({ key, timestamp, step }: LoggedMetric, place = ""): void {
  requireKey(key, "Metric", `${place}key`);
  if (!Number.isSafeInteger(timestamp) || timestamp < 0)
    throw refuse(
      `Invalid value ${timestamp} for parameter '${place}timestamp' supplied: metric '${key}'. Timestamp must be a nonnegative long (64-bit integer)`,
    );
  if (!Number.isSafeInteger(step))
    throw refuse(
      `Invalid value ${step} for parameter '${place}step' supplied: metric '${key}'. Step must be a long (64-bit integer)`,
    );
}

/** @throws TradewindError TW_TRACKING_VALUE for too many entries, a key that cannot be, or a param key that comes twice. */
export function requireBatch({ metrics, params, tags }: LoggedBatch): void {
  for (const [what, list, limit] of [
    ["metrics", metrics, most.metrics],
    ["params", params, most.params],
    ["tags", tags, most.tags],
  ] as const) {
    if (list.length > limit)
      throw refuse(
        `A batch logging request can contain at most ${limit} ${what}. Got ${list.length} ${what}. Please split up ${what} across multiple requests and try again.`,
      );
  }
  const total = metrics.length + params.length + tags.length;
  if (total > most.entities)
    throw refuse(
      `A batch logging request can contain at most ${most.entities} metrics, params, and tags in total. Got ${total}.`,
    );
  for (const [index, metric] of metrics.entries()) requireMetric(metric, `metrics[${index}].`);
  for (const [index, { key }] of params.entries()) requireKey(key, "Param", `params[${index}].key`);
  for (const [index, { key }] of tags.entries()) requireKey(key, "Tag", `tags[${index}].key`);
  const keys = new Set(params.map(({ key }) => key));
  if (keys.size < params.length) {
    const twice = params.find(({ key }, index) => params.findIndex((p) => p.key === key) !== index);
    throw refuse(
      `Duplicate parameter keys have been submitted: ['${twice?.key}']. Please ensure the request contains only one param value per param key.`,
    );
  }
}
