/** What the Dag processor finds out about a file, and the one who writes it down. */
import type { DagSpec } from "../core/dag-model.ts";

/** Why a file could not be imported, as people read it. */
export interface ImportProblem {
  /** A code of the error catalogue, or of Node where the error is of neither the author nor us. */
  readonly code: string;
  /** One or more lines: what is wrong, in which other file if it is not the Dag file, and the likely cause. */
  readonly message: string;
  readonly stacktrace: string;
  /** 1-based, in the Dag file. */
  readonly line: number | null;
  readonly column: number | null;
}

/** A Dag as a file defines it now. */
export interface ImportedDag {
  readonly spec: DagSpec;
  /** Of the serialized Dag and the text of all local files that its file reaches. */
  readonly hash: string;
  /** Path relative to the Dags folder → hash of its text. */
  readonly files: { readonly [relativeFile: string]: string };
  /** Texts by hash. */
  readonly texts: ReadonlyMap<string, string>;
  readonly interpreter: string;
  readonly timetableSummary: string;
  readonly timetableDescription: string;
}

export interface FileOutcome {
  /** Relative to the Dags folder, with "/" on every platform. */
  readonly relativeFile: string;
  /** Dags that the file defines now; each becomes the current version of its id. */
  readonly dags: readonly ImportedDag[];
  readonly problem: ImportProblem | null;
  /**
   * Which other Dags of this file stay as they are: "all" when the import failed (their last good version goes
   * on), "none" when it worked (what the file does not define any more is stale).
   */
  readonly others: "all" | "none";
  readonly importedAt: number;
  /** How long the import took. */
  readonly seconds: number;
}

/** Implemented over the store by whoever runs the processor; each call is one transaction. */
export interface DagSink {
  /** Dag ids that are not stale, with the file that defines each; asked once, at the start. */
  owners(): Promise<Iterable<readonly [dagId: string, relativeFile: string]>>;
  store(outcome: FileOutcome): Promise<void>;
  /** After a scan: Dags and import errors of any file but these are not there any more. */
  keepOnly(relativeFiles: readonly string[]): Promise<void>;
}
