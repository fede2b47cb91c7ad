/** What the Dag processor and its importing processes say to each other. */
import type { DagSpec } from "../core/dag-model.ts";
import type { ImportProblem } from "./outcome.ts";

export interface ImportRequest {
  readonly type: "import";
  readonly id: number;
  readonly dagsFolder: string;
  readonly relativeFile: string;
}

export interface ImportAnswer {
  readonly type: "imported";
  readonly id: number;
  readonly dags: readonly {
    readonly spec: DagSpec;
    readonly timetableSummary: string;
    readonly timetableDescription: string;
  }[];
  readonly problem: ImportProblem | null;
  /** Texts of the local files that were reached, by path relative to the Dags folder. */
  readonly files: { readonly [relativeFile: string]: string };
  /** Absolute paths that were looked for in vain. */
  readonly missing: readonly string[];
  /** The interpreter that imported it and shall run its tasks; "node" where nothing is said. */
  readonly interpreter?: string;
  readonly seconds: number;
  /** The file left something behind (a rejected promise, a call of process.exit): do not use the process again. */
  readonly tainted: boolean;
}
