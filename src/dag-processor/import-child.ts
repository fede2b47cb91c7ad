/**
 * The process in which Dag files are imported, one at a time. Started by `ImportProcess`; ended by it when it is
 * idle, has imported many files, or does not answer. What a file does to the process (exits, throws later,
 * never ends) must end in an answer or in the process, never in silence.
 */
import { Worker } from "node:worker_threads";
import { describeTimetable } from "../core/timetable/describe.ts";
import { timetableOf } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import { DagImportFailure, loadDagFileFromDisk } from "../runtime/load-dag-file.ts";
import { userFrame } from "../sdk/call-site.ts";
import { type CollectedDag, collectDags } from "../sdk/collect.ts";
import { systemClock } from "../time.ts";
import { addCalledPythonFiles } from "./called-files.ts";
import type { ImportAnswer, ImportRequest } from "./import-messages.ts";
import { importProblem } from "./import-problem.ts";

const endProcess = process.exit.bind(process);
// Taken now: a Dag file may overwrite it.
const send = process.send?.bind(process);
/** What went wrong outside of the import's own promise: a rejected promise that nobody awaits, an exit. */
let stray: unknown;
let isTainted = false;

process.exit = ((code?: number) => {
  const error = new TradewindError(
    "TW_DAG_FILE_EXIT",
    `process.exit(${code ?? ""}) was called while the file was imported`,
    {
      // The first two lines are the message and this function.
      at: userFrame((new Error("exit").stack ?? "").split("\n").slice(2).join("\n")),
      hint: "a Dag file only defines Dags; call process.exit nowhere, or inside of a task",
    },
  );
  noteStray(error);
  throw error;
}) as typeof process.exit;

process.on("uncaughtException", noteStray);
process.on("unhandledRejection", noteStray);
process.on("disconnect", () => endProcess(0));
process.on("message", (message) => void answer(message as ImportRequest));

function noteStray(error: unknown): void {
  stray ??= error;
  isTainted = true;
}

async function answer(request: ImportRequest): Promise<void> {
  if (request.type !== "import") return;
  const begun = performance.now();
  stray = undefined;
  const outcome = await importFile(request).catch((error: unknown) => failed(error, request, {}, []));
  const seconds = (performance.now() - begun) / 1000;
  send?.({
    type: "imported",
    id: request.id,
    ...outcome,
    seconds,
    tainted: isTainted,
  } satisfies ImportAnswer);
}

type Outcome = Pick<ImportAnswer, "dags" | "problem" | "files" | "missing">;

async function importFile(request: ImportRequest): Promise<Outcome> {
  const { dagsFolder, relativeFile } = request;
  let dags: CollectedDag[] = [];
  const now = systemClock.now();
  try {
    const loaded = await loadDagFileFromDisk(dagsFolder, relativeFile, async (run) => {
      dags = await collectDags(run, { relativeFile, now });
    });
    const files = { ...loaded.files };
    try {
      for (const { spec } of dags) addCalledPythonFiles(spec, dagsFolder, files);
    } catch (error) {
      return failed(error, request, files, []);
    }
    // Promises that the file left behind are rejected by now, if they are at once.
    await new Promise((done) => setImmediate(done));
    if (stray !== undefined) return failed(stray, request, files, []);
    return { dags: dags.map(dagAnswer), problem: null, files, missing: [] };
  } catch (error) {
    if (!(error instanceof DagImportFailure)) throw error;
    return failed(stray ?? error.cause, request, error.files, error.missing);
  }
}

function dagAnswer({ spec }: CollectedDag): ImportAnswer["dags"][number] {
  return {
    spec,
    timetableSummary: timetableOf(spec.timetable).summary,
    timetableDescription: describeTimetable(spec.timetable),
  };
}

function failed(
  error: unknown,
  request: ImportRequest,
  files: Outcome["files"],
  missing: readonly string[],
): Outcome {
  return { dags: [], problem: importProblem(error, { ...request, files }), files, missing };
}

// A file in an endless loop would outlive its parent: nothing of this thread runs any more. Another thread looks.
const watchdog = `const { workerData } = require("node:worker_threads");
const never = new Int32Array(new SharedArrayBuffer(4));
while (process.ppid === workerData) Atomics.wait(never, 0, 0, 1000);
process.kill(process.pid, "SIGKILL");`;
new Worker(watchdog, { eval: true, workerData: process.ppid, stdout: true, stderr: true }).unref();
