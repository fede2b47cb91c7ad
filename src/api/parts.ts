/** What the routes work with. They reach a scheduler through the store alone: rows and notifications (ADR 53). */
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { Database } from "../store/connect.ts";
import type { Secrets } from "../store/secrets.ts";
import type { Clock } from "../time.ts";

export interface ApiParts {
  readonly database: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly config: Config;
  readonly log: Logger;
}
