/** Names of runs, in Airflow's forms: `scheduled__2026-03-01T00:00:00+00:00`. */
import { TradewindError } from "../errors.ts";
import { type DagRunType, runTypes } from "./states.ts";

/** `datetime.isoformat()` of Python for an instant in UTC: microseconds only when there are any. */
export function pythonIso(instant: number): string {
  const iso = new Date(instant).toISOString();
  const fraction = iso.slice(19, -1);
  return `${iso.slice(0, 19)}${fraction === ".000" ? "" : `${fraction}000`}+00:00`;
}

/**
 * `<run type>__<run_after>`. A run without a logical date (asset-triggered, or started without one) gets
 * `_<suffix>` behind it, so that two at the same instant differ; Airflow's suffix is 8 letters and digits.
 */
export function runId(runType: DagRunType, runAfter: number, suffix?: string): string {
  return `${runType}__${pythonIso(runAfter)}${suffix === undefined ? "" : `_${suffix}`}`;
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Eight letters and digits from at least eight random bytes. */
export function runIdSuffix(random: Uint8Array): string {
  return Array.from(random.subarray(0, 8), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** The type that a run id names, or "manual" for an id in no known form. */
export function runTypeOf(id: string): DagRunType {
  return runTypes.find((type) => id.startsWith(`${type}__`)) ?? "manual";
}

const allowedRunId = /^[A-Za-z0-9_.~:+-]+$/;

/** Throws TW_RUN_ID unless an id given by somebody fits Airflow's pattern, without "..", in 250 characters. */
export function checkRunId(id: string): void {
  if (id.length > 250) {
    throw new TradewindError("TW_RUN_ID", `expected a run id of at most 250 characters, got ${id.length}`);
  }
  if (!allowedRunId.test(id)) {
    throw new TradewindError(
      "TW_RUN_ID",
      `expected a run id of letters, digits and _ . ~ : + -, got "${id}"`,
    );
  }
  // Run ids become folder names of logs.
  if (id.includes("..")) throw new TradewindError("TW_RUN_ID", `expected a run id without "..", got "${id}"`);
}
