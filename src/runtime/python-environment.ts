/** The interpreter of a Dag file that names its own, made with its requirements where that has not been done. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { type PythonSideSettings, pythonArguments, pythonSettings } from "./python-command.ts";

export interface PythonEnvironmentRequest {
  /** As `python/tradewind/environments.py` reads them. */
  readonly settings: { readonly [name: string]: Json };
  /** Where the settings stand, for errors. */
  readonly what: string;
  /** Relative paths of the settings count from it. */
  readonly folder: string;
  /** The interpreter that makes it, and that is taken where the settings name none. */
  readonly interpreter: string;
  readonly python: PythonSideSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
}

type Answer = { python: string } | { error: { code: string; message: string; hint: string | null } };

const codes = [
  "TW_OPTION_INVALID",
  "TW_PYTHON_INTERPRETER",
  "TW_PYTHON_NETWORK",
  "TW_PYTHON_REQUIREMENTS",
] as const;

/** @throws TradewindError one of `codes`. */
export async function makePythonEnvironment(request: PythonEnvironmentRequest): Promise<string> {
  const { settings, what, folder, interpreter } = request;
  const given = JSON.stringify({ settings, what, folder });
  const child = spawn(interpreter, pythonArguments("environments", given), {
    env: { ...request.environment, ...pythonSettings(request.python) } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let last = "";
  let rest = "";
  child.stderr.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      last = line;
      request.onProgress(line);
    }
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  const [output] = await Promise.all([text(child.stdout), ended]).catch((error: Error) => {
    throw new TradewindError(
      "TW_PYTHON_INTERPRETER",
      `expected the Python interpreter ${interpreter}, but it cannot be started: ${error.message}`,
    );
  });
  return pythonOf(output, last || rest, interpreter);
}

function pythonOf(output: string, last: string, interpreter: string): string {
  const line = output.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{"))
    throw new TradewindError(
      "TW_PYTHON_INTERPRETER",
      `expected ${interpreter} to be a Python interpreter, got: ${last.replace(/^TW_PYTHON: /, "")}`,
    );
  const answer = JSON.parse(line) as Answer;
  if ("python" in answer) return answer.python;
  const { message, hint } = answer.error;
  const code = codes.find((one) => one === answer.error.code) ?? "TW_PYTHON_REQUIREMENTS";
  throw new TradewindError(code, message, hint === null ? {} : { hint });
}
