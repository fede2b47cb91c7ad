/** What the pages of checks ask for, under the rules of `contract.ts`. */
import type { CheckKind, CheckOutcome } from "../../store/check-reports.ts";

export type { CheckKind, CheckOutcome };

export interface CheckPoint {
  id: number;
  createdAt: number;
  outcome: CheckOutcome;
  score: number | null;
}

/** Reports of one kind, name and data set; the facts are those of the newest. */
export interface CheckSeries {
  kind: CheckKind;
  name: string;
  dataset: string;
  modelName: string | null;
  modelVersion: string | null;
  endpoint: string | null;
  dagId: string | null;
  dagRunId: string | null;
  taskId: string | null;
  mapIndex: number | null;
  threshold: number | null;
  checked: number;
  failed: number;
  last: CheckPoint;
  /** Newest last. */
  recent: CheckPoint[];
}
