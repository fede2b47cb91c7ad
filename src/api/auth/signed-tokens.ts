/**
 * The tokens of `POST /auth/token`: JWT (RFC 7519) under a key that is made of the home's key file, so that every
 * API process reads what another one wrote.
 */
import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import type { Secrets } from "../../store/secrets.ts";
import type { Clock } from "../../time.ts";

export interface SignedToken {
  readonly userId: number;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const algorithm = "HS256";
const audience = "tradewind-api";

export class SignedTokens {
  readonly #keys: readonly Uint8Array[];
  readonly #clock: Clock;

  constructor(secrets: Secrets, clock: Clock) {
    this.#keys = secrets.derive("signed tokens of the API");
    this.#clock = clock;
  }

  issue(userId: number, lifeSeconds: number): Promise<string> {
    // With its fraction: a token given out right after a sign-out everywhere is newer than that.
    const now = this.#clock.now() / 1000;
    return new SignJWT({ iat: now, exp: Math.ceil(now + lifeSeconds) })
      .setProtectedHeader({ alg: algorithm, typ: "JWT" })
      .setSubject(String(userId))
      .setAudience(audience)
      .setJti(randomUUID())
      .sign(this.#keys[0] as Uint8Array);
  }

  /** Null for whatever is not a token of ours that is still good. */
  async read(token: string): Promise<SignedToken | null> {
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [algorithm],
          audience,
          requiredClaims: ["sub", "jti", "iat", "exp"],
          currentDate: new Date(this.#clock.now()),
        });
        const { sub, jti = "", iat = 0, exp = 0 } = payload;
        return { userId: Number(sub), jti, issuedAt: Math.round(iat * 1000), expiresAt: exp * 1000 };
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
      }
    }
    return null;
  }
}
