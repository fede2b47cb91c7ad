/** Buckets of Google for Dag bundles: who asks is told by a connection, or as Google's own tools are told. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { GoogleBucket } from "../artifacts/google-bucket.ts";
import {
  type GoogleCredentials,
  type GoogleTokens,
  tokensOf,
  tokensOfMachine,
} from "../artifacts/google-tokens.ts";
import type { Bucket } from "../dag-processor/bucket-bundle.ts";
import type { BucketBundleSpec } from "../dag-processor/bundle-config.ts";
import { TradewindError } from "../errors.ts";
import type { ConnectionAnswer } from "../runtime/protocol.ts";
import { type ConnectionExtra, extraOf } from "./connection-extra.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const scope = "https://www.googleapis.com/auth/devstorage.read_only";
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
  const emulator = environment["STORAGE_EMULATOR_HOST"];
  const tokens = await tokensFor(connId, extra, environment, now);
  return new GoogleBucket({ bucket, prefix, endpoint: endpointOf(emulator), tokens });
}

function endpointOf(emulator: string | undefined): string {
  if (emulator === undefined || emulator === "") return "https://storage.googleapis.com";
  return (emulator.includes("://") ? emulator : `http://${emulator}`).replace(/\/+$/, "");
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
  if (given !== undefined)
    return tokensOf(parsed(given, `keyfile_dict of the connection "${connId}"`), scope, now);
  const path = extra.text("key_path") ?? environment["GOOGLE_APPLICATION_CREDENTIALS"];
  if (path !== undefined && path !== "") return tokensOf(await fromFile(path), scope, now);
  if (environment["STORAGE_EMULATOR_HOST"]) return null;
  const folder =
    environment["CLOUDSDK_CONFIG"] ?? join(environment["HOME"] ?? homedir(), ".config", "gcloud");
  const login = await readFile(join(folder, "application_default_credentials.json"), "utf8").catch(
    () => null,
  );
  if (login !== null) return tokensOf(parsed(login, "the application default credentials"), scope, now);
  return tokensOfMachine(environment["GCE_METADATA_HOST"] ?? "metadata.google.internal", now);
}

async function fromFile(path: string): Promise<GoogleCredentials> {
  try {
    return parsed(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof TradewindError) throw error;
    throw new TradewindError(
      "TW_GOOGLE_CREDENTIALS",
      `expected credentials in ${path}, got: ${(error as Error).message}`,
    );
  }
}

/** Nothing of the text is said: it holds a key. */
function parsed(text: string, where: string): GoogleCredentials {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new TradewindError("TW_GOOGLE_CREDENTIALS", `${where}: expected a JSON object, got something else`);
}
