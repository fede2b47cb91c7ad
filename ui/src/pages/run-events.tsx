import type { RunDetail } from "../api/types.ts";
import { EventList } from "./event-list.tsx";

export function RunEvents({ run }: { run: RunDetail }) {
  return <EventList dagId={run.dagId} runId={run.runId} />;
}
