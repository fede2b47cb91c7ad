/** Who asks, when a task does: the attempt whose token came along as Bearer. It may track, and nothing else. */
import type { RunOrigin } from "../../core/tracking/entities.ts";
import { readAttemptToken } from "../../store/attempt-token.ts";
import { findOrigin } from "../../store/tracking/run-origin.ts";
import type { ApiParts } from "../parts.ts";
import { Permissions } from "./permissions.ts";
import type { Principal } from "./principal.ts";
import { actions } from "./roles.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The attempt out of which the request comes; undefined for everybody else's. */
    attempt?: RunOrigin;
  }
}

/** After an attempt's end, what its client still holds may be written. */
const graceMs = 60_000;
/** A loop that logs asks for the same attempt again and again. */
const rememberedMs = 2000;
const rememberedAttempts = 1000;

interface Known {
  readonly origin: RunOrigin;
  readonly until: number;
}

export class AttemptAuthority {
  readonly #parts: Pick<ApiParts, "database" | "secrets" | "clock">;
  readonly #known = new Map<string, Known>();

  constructor(parts: Pick<ApiParts, "database" | "secrets" | "clock">) {
    this.#parts = parts;
  }

  /** Null for a token that is not ours, or whose attempt ended. */
  async recognise(token: string): Promise<RunOrigin | null> {
    const { database, secrets, clock } = this.#parts;
    const now = clock.now();
    const remembered = this.#known.get(token);
    if (remembered !== undefined && remembered.until > now) return remembered.origin;
    this.#known.delete(token);
    const key = readAttemptToken(secrets, token);
    const origin = key === null ? null : await findOrigin(database, key, now - graceMs);
    if (origin === null) return null;
    if (this.#known.size >= rememberedAttempts) this.#known.clear();
    this.#known.set(token, { origin, until: now + rememberedMs });
    return origin;
  }
}

const tracking = new Permissions(
  new Set(actions.flatMap((action) => [`${action} Experiments`, `${action} Registered Models`])),
  new Map(),
);

export function principalOf({ dagId, taskId }: RunOrigin): Principal {
  return {
    id: null,
    username: `${dagId}.${taskId}`,
    roles: [],
    permissions: tracking,
    by: { kind: "attempt" },
  };
}
