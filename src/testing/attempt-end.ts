import type { AttemptOutcome } from "../core/facts.ts";
import { assertNever } from "../errors.ts";
import type { AttemptReport } from "../runtime/run-attempt.ts";

/** What an attempt's report means to the core. */
export function outcomeOf({ result, length }: Pick<AttemptReport, "result" | "length">): AttemptOutcome {
  switch (result.outcome) {
    case "success": {
      const measured = result.value === undefined ? {} : { length: length ?? null };
      return { kind: "success", ...measured, ...(result.skip === undefined ? {} : { skip: result.skip }) };
    }
    case "skipped":
      return { kind: "skipped", message: result.message };
    case "failed":
      return {
        kind: "failed",
        message: `${result.error.name}: ${result.error.message}`,
        retryable: result.retryable,
      };
    case "deferred":
      return { kind: "deferred" };
    case "reschedule":
      return { kind: "reschedule", at: Date.parse(result.at) };
    case "awaiting_input":
      return { kind: "awaiting_input" };
    default:
      return assertNever(result, "outcome");
  }
}
