/** Imports Dag files again when somebody asked for it by the API. */
import type { DagProcessor } from "../dag-processor/dag-processor.ts";
import type { Logger } from "../log.ts";
import type { Database } from "../store/connect.ts";
import { listen } from "../store/notify.ts";
import { parseWord, takeParseRequests } from "../store/parse-requests.ts";
import { systemClock } from "../time.ts";

export function followParseRequests(
  database: Database,
  processor: Pick<DagProcessor, "reparse">,
  log: Logger,
): { stop(): Promise<void> } {
  const take = async (): Promise<void> => {
    try {
      for (const { relativeFile } of await takeParseRequests(database)) await processor.reparse(relativeFile);
    } catch (error) {
      log.warn({ err: error }, "requests to import Dag files could not be read; the next look tries again");
    }
  };
  return listen(database, {
    clock: systemClock,
    onPayload: (payload) => {
      if (payload === parseWord) void take();
    },
    onGap: () => void take(),
  });
}
