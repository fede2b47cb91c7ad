/** What would become of a folder of Airflow Dag files: each is imported, and its imports are looked up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { DagProcessor } from "../dag-processor/dag-processor.ts";
import type { DagSink, FileOutcome } from "../dag-processor/outcome.ts";
import { TradewindError } from "../errors.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { silentLog } from "../log.ts";
import { isPythonFile, pythonArguments, pythonSettings } from "../runtime/python-command.ts";
import { dagProcessorSettings } from "./dag-processor-settings.ts";
import type { Session } from "./session.ts";

export interface CheckedImport {
  readonly name: string;
  readonly line: number;
  /** "missing": of a provider that is not installed; "refused": the import fails. */
  readonly outcome: "runs" | "emulated" | "missing" | "refused";
  readonly note: string;
}

export interface CheckedFile {
  readonly file: string;
  /** Airflow whose defaults it gets, and what tells so. */
  readonly era: number;
  readonly reason: string;
  readonly dags: readonly { dagId: string; tasks: number }[];
  readonly imports: readonly CheckedImport[];
  /** Why it cannot be imported. */
  readonly problem: { code: string; message: string; line: number | null } | null;
  readonly verdict: "runs" | "emulated" | "missing" | "broken";
}

/** @throws TradewindError TW_USAGE when there is no such folder, TW_PYTHON_INTERPRETER when there is no Python. */
export async function checkFolder(session: Session, given: string): Promise<CheckedFile[]> {
  const folder = resolve(given);
  if (!existsSync(folder)) throw new TradewindError("TW_USAGE", `there is no folder ${folder}`);
  const outcomes = (await importAll(session, folder)).filter(({ relativeFile }) =>
    isPythonFile(relativeFile),
  );
  const paths = outcomes
    .map(({ relativeFile }) => join(folder, relativeFile))
    .filter((path) => existsSync(path));
  const looked = new Map((await lookUp(session, paths)).map((one) => [one.path, one]));
  return outcomes.map((outcome) => checked(outcome, looked.get(join(folder, outcome.relativeFile))));
}

interface LookedUp {
  readonly path: string;
  readonly era: number;
  readonly reason: string;
  readonly imports: readonly CheckedImport[];
}

function checked({ relativeFile, dags, problem }: FileOutcome, looked: LookedUp | undefined): CheckedFile {
  const { era = 3, reason = "", imports = [] } = looked ?? {};
  const has = (outcome: CheckedImport["outcome"]): boolean => imports.some((one) => one.outcome === outcome);
  const worst = has("missing") || has("refused") ? "missing" : has("emulated") ? "emulated" : "runs";
  return {
    file: relativeFile,
    era,
    reason,
    dags: dags.map(({ spec }) => ({ dagId: spec.dagId, tasks: spec.tasks.length })),
    imports,
    problem: problem === null ? null : { code: problem.code, message: problem.message, line: problem.line },
    verdict: problem === null ? worst : "broken",
  };
}

async function importAll({ config }: Session, folder: string): Promise<FileOutcome[]> {
  const outcomes = new Map<string, FileOutcome>();
  const sink: DagSink = {
    owners: async () => [],
    keepOnly: async () => undefined,
    store: async (outcome) => void outcomes.set(outcome.relativeFile, outcome),
  };
  const processor = new DagProcessor({
    dagsFolder: folder,
    sink,
    log: silentLog(),
    // No database is asked: a variable that is not in the environment is not there.
    ...dagProcessorSettings(config, async () => null),
  });
  try {
    await processor.runOnce();
  } finally {
    await processor.stop();
  }
  return [...outcomes.values()].sort((a, b) => (a.relativeFile < b.relativeFile ? -1 : 1));
}

async function lookUp({ config }: Session, paths: readonly string[]): Promise<LookedUp[]> {
  if (paths.length === 0) return [];
  const { interpreter } = config.python;
  const child = spawn(interpreter, pythonArguments("airflow_check"), {
    env: { ...config.environment, ...pythonSettings(pythonSideSettings(config)) } as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(paths));
  const ended = once(child, "close").catch((error: Error) => {
    throw new TradewindError(
      "TW_PYTHON_INTERPRETER",
      `expected the Python interpreter ${interpreter}, but it cannot be started: ${error.message}`,
    );
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (!output.startsWith("["))
    throw new TradewindError("TW_PYTHON_INTERPRETER", `${interpreter}: ${errors.trim().split("\n").at(-1)}`);
  return JSON.parse(output) as LookedUp[];
}
