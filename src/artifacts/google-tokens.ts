/**
 * Access tokens for Google's services, of the kinds of credentials that its own tools write: a service account's key, a
 * person's `gcloud auth application-default login`, and what the machine itself is.
 */
import { importPKCS8, SignJWT } from "jose";
import { TradewindError } from "../errors.ts";

/** A token that holds for a minute at least. @throws TradewindError TW_GOOGLE_CREDENTIALS. */
export type GoogleTokens = () => Promise<string>;

/** As the files that Google's tools write have it; `type` says which members are there. */
export interface GoogleCredentials {
  readonly type?: unknown;
  readonly client_email?: unknown;
  readonly private_key?: unknown;
  readonly private_key_id?: unknown;
  readonly token_uri?: unknown;
  readonly client_id?: unknown;
  readonly client_secret?: unknown;
  readonly refresh_token?: unknown;
}

const defaultTokenUri = "https://oauth2.googleapis.com/token";
/** It is asked for anew so long before it ends. */
const marginMs = 60_000;
/** A machine that is none of Google's does not answer at all. */
const machinePatienceMs = 3000;

/** @param scope Of what the token is to allow, an address of Google's. */
export function tokensOf(credentials: GoogleCredentials, scope: string, now: () => number): GoogleTokens {
  const { type } = credentials;
  const tokenUri = text(credentials, "token_uri", defaultTokenUri);
  if (type === "service_account") {
    const email = text(credentials, "client_email");
    const key = text(credentials, "private_key");
    return kept(now, async () =>
      asked(tokenUri, {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: await assertion({ email, key, tokenUri, scope }, now()),
      }),
    );
  }
  if (type === "authorized_user") {
    const grant = {
      grant_type: "refresh_token",
      client_id: text(credentials, "client_id"),
      client_secret: text(credentials, "client_secret"),
      refresh_token: text(credentials, "refresh_token"),
    };
    return kept(now, () => asked(tokenUri, grant));
  }
  throw refused(
    `expected credentials of the type service_account or authorized_user, got ${JSON.stringify(type ?? null)}`,
  );
}

/** Of the service account that this machine of Google's runs as. @param host Of its metadata server. */
export function tokensOfMachine(host: string, now: () => number): GoogleTokens {
  const address = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  return kept(now, async () => {
    const signal = AbortSignal.timeout(machinePatienceMs);
    return answerOf(address, () => fetch(address, { headers: { "metadata-flavor": "Google" }, signal }));
  });
}

interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in: number;
}

function kept(now: () => number, ask: () => Promise<TokenAnswer>): GoogleTokens {
  let current: { token: string; until: number } | null = null;
  return async () => {
    if (current === null || current.until - marginMs <= now()) {
      const { access_token: token, expires_in: seconds } = await ask();
      current = { token, until: now() + seconds * 1000 };
    }
    return current.token;
  };
}

async function assertion(
  { email, key, tokenUri, scope }: { email: string; key: string; tokenUri: string; scope: string },
  now: number,
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  try {
    return await new SignJWT({ scope })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuer(email)
      .setAudience(tokenUri)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 3600)
      .sign(await importPKCS8(key, "RS256"));
  } catch {
    // The cause could quote the key.
    throw refused(`expected private_key of ${email} to be a PEM of PKCS #8, got something else`);
  }
}

function asked(tokenUri: string, grant: { [name: string]: string }): Promise<TokenAnswer> {
  return answerOf(tokenUri, () => fetch(tokenUri, { method: "POST", body: new URLSearchParams(grant) }));
}

async function answerOf(address: string, ask: () => Promise<Response>): Promise<TokenAnswer> {
  let response: Response;
  try {
    response = await ask();
  } catch (error) {
    const { message, cause } = error as Error;
    throw refused(`no answer of ${address}: ${cause instanceof Error ? cause.message : message}`);
  }
  const body = (await response.json().catch(() => ({}))) as { [name: string]: unknown };
  const { access_token: token, expires_in: seconds } = body;
  if (response.ok && typeof token === "string" && typeof seconds === "number")
    return { access_token: token, expires_in: seconds };
  const reason = [body["error"], body["error_description"]].filter((one) => typeof one === "string");
  throw refused(`${address} gives no token: HTTP ${response.status} ${reason.join(": ")}`.trimEnd());
}

function text(credentials: GoogleCredentials, name: keyof GoogleCredentials, usual?: string): string {
  const value = credentials[name] ?? usual;
  if (typeof value === "string" && value !== "") return value;
  throw refused(`expected ${name} in the credentials, got ${value === undefined ? "none" : "no text"}`);
}

function refused(message: string): TradewindError {
  return new TradewindError("TW_GOOGLE_CREDENTIALS", message);
}
