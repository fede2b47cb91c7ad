/** Where an attempt's code tracks runs and models, and the token that lets it: known to its process from the start. */
import type { StartTask } from "../runtime/protocol.ts";
import { signAttemptToken } from "../store/attempt-token.ts";
import type { Secrets } from "../store/secrets.ts";
import type { AttemptKey } from "../store/tracking/run-origin.ts";

export class AttemptTracking {
  readonly #secrets: Secrets;
  #uri: string | null;

  /** @param uri The API server's address as tasks reach it; null where there is none. */
  constructor(secrets: Secrets, uri: string | null) {
    this.#secrets = secrets;
    this.#uri = uri;
  }

  /** For a server that chose its port when it started. Attempts from now on know it. */
  servedAt(uri: string): void {
    this.#uri ??= uri;
  }

  of(attempt: AttemptKey): Pick<StartTask, "tracking"> {
    if (this.#uri === null) return {};
    return { tracking: { uri: this.#uri, token: signAttemptToken(this.#secrets, attempt) } };
  }
}
