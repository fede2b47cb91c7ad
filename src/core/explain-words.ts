/** Words for what people read about waiting instances. */
import { doneCount, type UpstreamCounts } from "./trigger-rules.ts";

/** "of 4 upstream: 2 success, 1 failed, 1 not finished". */
export function upstreamCountsWords(counts: UpstreamCounts): string {
  const parts: [number, string][] = [
    [counts.success, "success"],
    [counts.skipped, "skipped"],
    [counts.failed, "failed"],
    [counts.upstreamFailed, "upstream_failed"],
    [counts.removed, "removed"],
    [counts.upstream - doneCount(counts), "not finished"],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `of ${counts.upstream} upstream: ${words.join(", ") || "none"}`;
}
