import type { DagHeader } from "../api/types.ts";
import { EventList } from "./event-list.tsx";

export function DagEvents({ dag }: { dag: DagHeader }) {
  return <EventList dagId={dag.dagId} />;
}
