/** Buckets of Google for Dag bundles: who asks is told by a connection, or as Google's own tools are told. */
import { GoogleBucket } from "../artifacts/google-bucket.ts";
import {
  googleCredentials,
  googleEndpoint,
  googleScopes,
  googleTokens,
} from "../artifacts/google-environment.ts";
import { type GoogleTokens, tokensOf } from "../artifacts/google-tokens.ts";
import type { Bucket } from "../dag-processor/bucket-bundle.ts";
import type { BucketBundleSpec } from "../dag-processor/bundle-config.ts";
import { TradewindError } from "../errors.ts";
import type { ConnectionAnswer } from "../runtime/protocol.ts";
import { type ConnectionExtra, extraOf } from "./connection-extra.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Ways of Airflow's connections to sign in that need Google's own library. */
const notHere = ["credential_config_file", "key_secret_name", "impersonation_chain"] as const;

/** @throws TradewindError TW_GOOGLE_CREDENTIALS for credentials that are none. */
export async function openGoogleBucket(
  { bucket, prefix, connId }: BucketBundleSpec,
  connection: ConnectionAnswer | null,
  environment: Environment,
  now: () => number,
): Promise<Bucket> {
  const extra = extraOf(connection);
  for (const name of notHere)
    if (extra.text(name) !== undefined)
      throw new TradewindError(
        "TW_GOOGLE_CREDENTIALS",
        `connection "${connId}": expected keyfile_dict or key_path, got ${name}, which is not supported`,
      );
  const tokens = await tokensFor(connId, extra, environment, now);
  return new GoogleBucket({ bucket, prefix, endpoint: googleEndpoint(environment), tokens });
}

/** The connection's key, else what Google's tools would find: a file, the person's login, the machine. */
async function tokensFor(
  connId: string,
  extra: ConnectionExtra,
  environment: Environment,
  now: () => number,
): Promise<GoogleTokens | null> {
  if (extra.flag("is_anonymous")) return null;
  const given = extra.text("keyfile_dict");
  if (given === undefined) return googleTokens(environment, googleScopes.read, now, extra.text("key_path"));
  const where = `keyfile_dict of the connection "${connId}"`;
  return tokensOf(googleCredentials(given, where), googleScopes.read, now);
}
