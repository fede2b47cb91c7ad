/** Who a change is put down to: the person, or the task whose token came along; null where nobody signed in. */
import type { Principal } from "../auth/principal.ts";

export function actorOf({ id, username, by }: Principal): string | null {
  return id === null && by.kind !== "attempt" ? null : username;
}
