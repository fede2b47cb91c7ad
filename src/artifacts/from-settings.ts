/** The artifact store that `core.artifact_root` names: a folder, or `s3://bucket/prefix`. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { TradewindError } from "../errors.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { awsRegion, s3Endpoint } from "./aws-environment.ts";
import { LocalArtifactStore } from "./local-store.ts";
import { S3ArtifactStore } from "./s3-store.ts";

/** Where artifacts of runs and models go. Without a setting, beside the large values of tasks. */
export function openTrackingArtifacts({ tracking, paths, environment }: Config): ArtifactStore {
  const root =
    tracking.artifactRoot === "" ? join(paths.artifacts, "mlflow-artifacts") : tracking.artifactRoot;
  return openArtifactStore(root, environment);
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param root A folder's absolute path, or `s3://bucket/prefix` with the usual AWS_* variables beside it.
 * @throws TradewindError TW_CONFIG_VALUE for a scheme that is not known, and for S3 without keys.
 */
export function openArtifactStore(root: string, environment: Environment): ArtifactStore {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(root)?.[1]?.toLowerCase();
  if (scheme === undefined) return new LocalArtifactStore(root);
  if (scheme === "s3") return openS3Store(root, environment);
  throw new TradewindError(
    "TW_CONFIG_VALUE",
    `tracking.artifact_root: expected a folder or s3://bucket/prefix, got ${root}`,
  );
}

/** @throws TradewindError TW_CONFIG_VALUE without keys. */
export function openS3Store(root: string, environment: Environment): S3ArtifactStore {
  const { host, pathname } = new URL(root);
  const region = awsRegion(environment);
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new TradewindError(
      "TW_CONFIG_VALUE",
      `tracking.artifact_root ${root}: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, got none`,
    );
  return new S3ArtifactStore({
    bucket: host,
    prefix: pathname.replaceAll(/^\/+|\/+$/g, ""),
    endpoint: environment["MLFLOW_S3_ENDPOINT_URL"] ?? s3Endpoint(environment, region),
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: environment["AWS_SESSION_TOKEN"],
  });
}
