/** Whether a model may be trained again: a function from what became of the versions before. */

export interface PastVersion {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** What `retrain.outcome` says; null while nobody knows. */
  readonly outcome: string | null;
}

export interface RetrainRules {
  /** Milliseconds between two trainings at least. */
  readonly cooldownMs: number;
  /** So many versions in a row that did not make it, and somebody has to look. */
  readonly maxRejections: number;
}

export type RetrainAnswer =
  | { readonly may: true }
  | { readonly may: false; readonly why: "cooldown" | "flapping"; readonly reason: string };

/** @param versions Those that retraining made, in any order. */
export function mayRetrain(
  versions: readonly PastVersion[],
  rules: RetrainRules,
  now: number,
): RetrainAnswer {
  const newestFirst = [...versions].sort((a, b) => b.createdAt - a.createdAt);
  const [last] = newestFirst;
  if (last === undefined) return { may: true };
  const until = last.createdAt + rules.cooldownMs;
  if (now < until)
    return {
      may: false,
      why: "cooldown",
      reason: `version ${last.version} was trained at ${iso(last.createdAt)}; not again before ${iso(until)}`,
    };
  const promoted = newestFirst.findIndex(({ outcome }) => outcome === "promoted");
  const rejected = promoted < 0 ? newestFirst.length : promoted;
  if (rejected < rules.maxRejections) return { may: true };
  return {
    may: false,
    why: "flapping",
    reason: `the last ${rejected} versions did not make it (newest ${last.version}: ${last.outcome ?? "no outcome"})`,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
