/** A function of a TypeScript file that a Dag in Python calls, as a Dag of one task. */
import { dirname, join } from "node:path/posix";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { collectDag } from "../sdk/collect.ts";
import { Dag } from "../sdk/dag.ts";
import { DagImportFailure, loadDagFileVersion } from "./load-dag-file.ts";
import type { ForeignCall, StartTask } from "./protocol.ts";
import type { RunnableDag } from "./runnable-dag.ts";
import { decodeValue } from "./xcom-values.ts";

type Called = (inputs: { [name: string]: unknown }) => unknown;

/** In place of a file: a task that the program itself has, placed from plain data. */
const ownTasks: string = "tradewind/ml";

/** What is used of it; imported by name as a Dag file would, so that the runtime does not stand on it. */
interface OwnTasks {
  placeTask(dag: Dag, id: string, name: string, given: { readonly [name: string]: unknown }): void;
}

/** @throws TradewindError TW_HANDLER_INVALID where the file has no such function; whatever the file throws. */
export async function loadCalledFunction(start: StartTask, call: ForeignCall): Promise<RunnableDag> {
  const { code, task } = start;
  if (call.file === ownTasks) return placedTask(start, call);
  const relativeFile = join(dirname(code.relativeFile), call.file);
  const called = await exported({ ...start, code: { ...code, relativeFile } }, call);
  const dag = new Dag(task.dagId, { schedule: null });
  dag.task(task.taskId, async () => called(await decodedArgs(call)), {
    multipleOutputs: call.multipleOutputs,
  })();
  return collectDag(dag, { relativeFile, now: null });
}

async function placedTask({ code, task }: StartTask, call: ForeignCall): Promise<RunnableDag> {
  const { placeTask } = (await import(ownTasks)) as OwnTasks;
  const dag = new Dag(task.dagId, { schedule: null });
  placeTask(dag, task.taskId, call.function ?? "", await decodedArgs(call));
  return collectDag(dag, { relativeFile: code.relativeFile, now: null });
}

async function exported({ code }: StartTask, call: ForeignCall): Promise<Called> {
  const name = call.function ?? "default";
  const { exports } = await loadDagFileVersion(code).catch((error: unknown) => {
    throw error instanceof DagImportFailure ? error.cause : error;
  });
  const found = exports[name];
  if (typeof found === "function") return found as Called;
  const functions = Object.keys(exports).filter((one) => typeof exports[one] === "function");
  const near = nearest(name, functions);
  throw new TradewindError(
    "TW_HANDLER_INVALID",
    `expected ${code.relativeFile} to export the function "${name}", it exports ${functions.join(", ") || "none"}`,
    near === null ? {} : { hint: `did you mean "${near}"?` },
  );
}

async function decodedArgs({ args }: ForeignCall): Promise<{ [name: string]: unknown }> {
  const entries = Object.entries(args).map(
    async ([name, value]) => [name, await decodeValue(value)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
