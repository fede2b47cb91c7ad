/** Buckets of S3 for Dag bundles: access by a connection of the type aws, or by the usual AWS_* variables. */
import { awsRegion, s3Endpoint } from "../artifacts/aws-environment.ts";
import { S3ArtifactStore } from "../artifacts/s3-store.ts";
import type { Bucket } from "../dag-processor/bucket-bundle.ts";
import type { BucketBundleSpec } from "../dag-processor/bundle-config.ts";
import { TradewindError } from "../errors.ts";
import type { ConnectionAnswer } from "../runtime/protocol.ts";
import { extraOf } from "./connection-extra.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws TradewindError TW_BUNDLE_BUCKET without keys. */
export function openBucket(
  { bucket, prefix, connId }: BucketBundleSpec,
  connection: ConnectionAnswer | null,
  environment: Environment,
): Bucket {
  const { text } = extraOf(connection);
  const region = text("region_name") ?? awsRegion(environment);
  const accessKeyId = connection?.login ?? text("aws_access_key_id") ?? environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey =
    connection?.password ?? text("aws_secret_access_key") ?? environment["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey)
    throw new TradewindError(
      "TW_BUNDLE_BUCKET",
      `expected an access key as login and password of the connection "${connId}", or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got none`,
    );
  const store = new S3ArtifactStore({
    bucket,
    prefix,
    endpoint: text("endpoint_url") ?? s3Endpoint(environment, region),
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: text("aws_session_token") ?? environment["AWS_SESSION_TOKEN"],
  });
  return {
    objects: () => store.objects(),
    read: async (key) => (await store.read(key))?.stream ?? null,
  };
}
