/** How Google's own tools are told who asks and where: the same variables and files. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { TradewindError } from "../errors.ts";
import { type GoogleCredentials, type GoogleTokens, tokensOf, tokensOfMachine } from "./google-tokens.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Of what a token is to allow. */
export const googleScopes = {
  read: "https://www.googleapis.com/auth/devstorage.read_only",
  write: "https://www.googleapis.com/auth/devstorage.read_write",
} as const;

export function googleEndpoint(environment: Environment): string {
  const emulator = environment["STORAGE_EMULATOR_HOST"];
  if (emulator === undefined || emulator === "") return "https://storage.googleapis.com";
  return (emulator.includes("://") ? emulator : `http://${emulator}`).replace(/\/+$/, "");
}

/**
 * The file of GOOGLE_APPLICATION_CREDENTIALS, the person's login, the machine; null where there is none of the first two and
 * an emulator is asked, which wants none.
 *
 * @param keyPath A file that goes before all of them.
 * @throws TradewindError TW_GOOGLE_CREDENTIALS for credentials that are none.
 */
export async function googleTokens(
  environment: Environment,
  scope: string,
  now: () => number,
  keyPath?: string,
): Promise<GoogleTokens | null> {
  const path = keyPath ?? environment["GOOGLE_APPLICATION_CREDENTIALS"];
  if (path !== undefined && path !== "") return tokensOf(await fromFile(path), scope, now);
  if (environment["STORAGE_EMULATOR_HOST"]) return null;
  const folder =
    environment["CLOUDSDK_CONFIG"] ?? join(environment["HOME"] ?? homedir(), ".config", "gcloud");
  const login = await readFile(join(folder, "application_default_credentials.json"), "utf8").catch(
    () => null,
  );
  if (login !== null)
    return tokensOf(googleCredentials(login, "the application default credentials"), scope, now);
  return tokensOfMachine(environment["GCE_METADATA_HOST"] ?? "metadata.google.internal", now);
}

async function fromFile(path: string): Promise<GoogleCredentials> {
  try {
    return googleCredentials(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof TradewindError) throw error;
    throw new TradewindError(
      "TW_GOOGLE_CREDENTIALS",
      `expected credentials in ${path}, got: ${(error as Error).message}`,
    );
  }
}

/** Nothing of the text is said: it holds a key. @throws TradewindError TW_GOOGLE_CREDENTIALS. */
export function googleCredentials(text: string, where: string): GoogleCredentials {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new TradewindError("TW_GOOGLE_CREDENTIALS", `${where}: expected a JSON object, got something else`);
}
