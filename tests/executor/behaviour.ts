/** What `fixtures/child.ts` can be told to do. */
import type { Json } from "../../src/core/dag-model.ts";

export type Behaviour =
  | { do: "succeed"; value?: Json; leaked?: string[]; heapMb?: number }
  /** Adds its attempt id as a line to a file, then returns. */
  | { do: "mark"; file: string }
  /** Returns when the handler started and when it returned, by the system's monotonic clock in ns. */
  | { do: "time" }
  /** Returns pid, environment, folder and user. */
  | { do: "describe" }
  /** Asks for a variable and returns the answer; the test decides when to answer. */
  | { do: "ask"; key: string; print?: boolean }
  /** Never ends by itself; asks for "waiting" to tell that it has begun. */
  | { do: "wait"; onCancel: "exit" | "report" | "ignore" }
  /** Holds its event loop for ever and minds no SIGTERM. */
  | { do: "spin" }
  | { do: "exit"; code: number; stderr?: string }
  | { do: "signal"; signal: string }
  | { do: "print"; text: string; encoding?: "latin1"; error?: string }
  | { do: "flood"; bytes: number; lineLength: number }
  | { do: "log"; message: string; mask?: string[] }
  /** Tells what its fields became, hides what it is told to hide, then fails with the message. */
  | { do: "fail"; fields: { [name: string]: Json }; message: string; mask: string[] }
  | { do: "allocate" }
  /** Leaves a process behind, in its group or in a session of its own; asks for "orphan:<pid>". */
  | { do: "orphan"; escape: boolean; afterwards: "succeed" | "exit" | "wait" }
  | { do: "stale-result" }
  | { do: "huge-frame" };
