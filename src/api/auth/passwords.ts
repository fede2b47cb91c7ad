/**
 * Names with passwords, slowed down after failures. A right pair is remembered for a minute (as a keyed hash, in
 * memory), since a client that sends Basic with each request would pay the password's hash each time.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Database } from "../../store/connect.ts";
import { noteFailedSignIn, noteSignIn, signInWait } from "../../store/sign-in.ts";
import { authenticate, findUser, type User } from "../../store/users.ts";
import type { Clock } from "../../time.ts";
import { HttpProblem } from "../http-problem.ts";

const rememberMs = 60_000;
const mostRemembered = 1000;

export class Passwords {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly #right = new Map<string, { userId: number; changed: number; until: number }>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * @param from Address of who tries.
   * @throws HttpProblem 401 when they do not fit, 429 with Retry-After after too many failures.
   */
  async check(name: string, password: string, from: string): Promise<User> {
    const now = this.#clock.now();
    const pair = createHmac("sha256", this.#key).update(`${name}\0${password}`).digest("base64");
    const known = this.#right.get(pair);
    if (known !== undefined && known.until > now) {
      const user = await findUser(this.#database, name);
      if (user?.id === known.userId && user.isActive && user.signedOutBefore === known.changed) return user;
    }
    const user = await this.#checkSlowly(name, password, from);
    if (this.#right.size >= mostRemembered) this.#right.clear();
    this.#right.set(pair, { userId: user.id, changed: user.signedOutBefore, until: now + rememberMs });
    return user;
  }

  async #checkSlowly(name: string, password: string, from: string): Promise<User> {
    const now = this.#clock.now();
    // By name and address: who guesses does not lock the user out from everywhere else.
    const who = `${from} as ${name.slice(0, 250)}`;
    const wait = await signInWait(this.#database, [who], now);
    if (wait > 0) throw tooMany(wait);
    const user = await authenticate(this.#database, name, password);
    if (user === null) {
      await noteFailedSignIn(this.#database, [who], now);
      throw new HttpProblem(401, "Invalid credentials", {
        headers: { "www-authenticate": 'Basic realm="Tradewind", Bearer' },
      });
    }
    await noteSignIn(this.#database, user.id, who, now);
    return user;
  }
}

function tooMany(waitMs: number): HttpProblem {
  const seconds = Math.ceil(waitMs / 1000);
  return new HttpProblem(429, `Too many failed sign-ins; try again in ${seconds} s`, {
    headers: { "retry-after": String(seconds) },
  });
}
