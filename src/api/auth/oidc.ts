/**
 * Signing in with an OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE), by openid-client.
 * What has to be remembered between the two visits travels sealed in a cookie, so that any API process can finish
 * what another one began.
 */
import { isIP } from "node:net";
import * as client from "openid-client";
import type { Config } from "../../config.ts";
import { TradewindError } from "../../errors.ts";
import type { Secrets } from "../../store/secrets.ts";
import { HttpProblem } from "../http-problem.ts";

/** What a provider says of a person, and what we make of it. */
export interface ExternalPerson {
  readonly externalId: string;
  readonly username: string;
  readonly email: string | null;
  readonly firstName: string;
  readonly lastName: string;
  /** Null: the provider does not say. */
  readonly roles: readonly string[] | null;
  readonly defaultRole: string;
}

/** Between the visit to the provider and the way back. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly next: string;
}

const place = "cookie/oidc";

export class Oidc {
  readonly #settings: Config["oidc"];
  readonly #secrets: Secrets;
  #provider: Promise<client.Configuration> | null = null;

  constructor(config: Config, secrets: Secrets) {
    this.#settings = config.oidc;
    this.#secrets = secrets;
  }

  get name(): string | null {
    return this.#settings.issuer === "" ? null : this.#settings.name;
  }

  /** Where to send the browser, and what to remember until it comes back. */
  async begin(redirectUri: string, next: string): Promise<{ url: URL; pending: string }> {
    const provider = await this.#discover();
    const verifier = client.randomPKCECodeVerifier();
    const pending = { state: client.randomState(), nonce: client.randomNonce(), verifier, next };
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: redirectUri,
      scope: this.#settings.scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return { url, pending: this.#secrets.seal(JSON.stringify(pending), place).toString("base64url") };
  }

  /**
   * @param returned The address to which the browser came back, with its query.
   * @throws HttpProblem 401 when the answer is not the one to what was begun.
   */
  async finish(returned: URL, sealed: string | undefined): Promise<{ person: ExternalPerson; next: string }> {
    const pending = this.#open(sealed);
    const provider = await this.#discover();
    try {
      const tokens = await client.authorizationCodeGrant(provider, returned, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw refused("the provider sent no ID token");
      const more = await client.fetchUserInfo(provider, tokens.access_token, claims.sub);
      return { person: personOf({ ...claims, ...more }, claims, this.#settings), next: pending.next };
    } catch (error) {
      if (error instanceof HttpProblem || error instanceof TradewindError) throw error;
      throw refused((error as Error).message);
    }
  }

  #open(sealed: string | undefined): PendingSignIn {
    try {
      return JSON.parse(this.#secrets.open(Buffer.from(sealed ?? "", "base64url"), place)) as PendingSignIn;
    } catch {
      throw refused("the sign-in was not begun in this browser, or too long ago");
    }
  }

  #discover(): Promise<client.Configuration> {
    this.#provider ??= this.#ask().catch((error: unknown) => {
      // The provider may be back when the next person comes.
      this.#provider = null;
      throw error;
    });
    return this.#provider;
  }

  async #ask(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    // Without TLS only on this machine, for trying things out.
    const local = url.hostname === "localhost" || (isIP(url.hostname) > 0 && url.hostname.startsWith("127."));
    try {
      return await client.discovery(url, clientId, clientSecret, undefined, {
        ...(local ? { execute: [client.allowInsecureRequests] } : {}),
        timeout: 10,
      });
    } catch (cause) {
      throw new TradewindError("TW_OIDC_PROVIDER", `oidc.issuer ${issuer}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

function refused(why: string): HttpProblem {
  return new HttpProblem(401, `The sign-in with the provider failed: ${why}`);
}

type Claims = Record<string, unknown>;

function personOf(claims: Claims, id: client.IDToken, settings: Config["oidc"]): ExternalPerson {
  const text = (name: string): string => (typeof claims[name] === "string" ? (claims[name] as string) : "");
  // An address that nobody checked could be anybody's.
  const email = claims["email_verified"] === false ? "" : text("email");
  const username = text(settings.usernameClaim) || email || id.sub;
  return {
    externalId: `${id.iss} ${id.sub}`,
    username: username.slice(0, 250),
    email: email === "" ? null : email,
    firstName: text("given_name") || text("name"),
    lastName: text("family_name"),
    roles: settings.rolesClaim === "" ? null : rolesOf(claims[settings.rolesClaim], settings.roleMapping),
    defaultRole: settings.defaultRole,
  };
}

/** `admins=Admin, data-science=User`; without a mapping the provider's names are role names. */
function rolesOf(claim: unknown, mapping: string): string[] {
  const named = (Array.isArray(claim) ? claim : [claim]).filter((one) => typeof one === "string");
  if (mapping.trim() === "") return named;
  const pairs = mapping.split(",").map((pair) => pair.split("=", 2).map((word) => word.trim()));
  return pairs.flatMap(([theirs = "", ours = ""]) => (named.includes(theirs) && ours !== "" ? [ours] : []));
}
