/** Which failures of a batch lie in what was to be written, so that trying it again cannot help. */
import { DatabaseError } from "pg";

/** Data exceptions, violated constraints, limits of a value or a statement (PostgreSQL, appendix A). */
const dataErrorClasses = ["22", "23", "54"];

export function isDataError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof DatabaseError && dataErrorClasses.includes(at.code?.slice(0, 2) ?? "")) return true;
  }
  return false;
}
