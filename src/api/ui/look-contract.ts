/** What the lists over all runs answer: instances and XComs, those of the newest runs first. */
import type { InstanceRow } from "./contract.ts";

/** Where a list goes on, and how far back it has looked by now. */
export interface Looked {
  /** Runs that became due later were looked through; null where there is none. */
  lookedBackTo: number | null;
  /** For `after`; null when everything was looked through. */
  next: string | null;
}

export interface AnyInstance extends InstanceRow {
  dagId: string;
  runId: string;
  runAfter: number;
}

export interface InstanceLook extends Looked {
  rows: AnyInstance[];
}

export interface AnyXCom {
  dagId: string;
  runId: string;
  runAfter: number;
  taskId: string;
  mapIndex: number;
  key: string;
  createdAt: number;
  /** The beginning of its JSON; null where the value is a file. */
  preview: string | null;
  ref: { uri: string; bytes: number; mediaType: string } | null;
}

export interface XComLook extends Looked {
  rows: AnyXCom[];
}
