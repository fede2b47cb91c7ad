/**
 * A model of MLflow's `python_function` flavor, in a warm Python process of its own: `tradewind.model_child` loads it
 * once and answers lines of JSON. The process is started again when it dies; what it was asked then fails.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { TradewindError } from "../../errors.ts";
import type { ModelPackage } from "./model-package.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { LoadOptions, ServedModel } from "./served-model.ts";
import type { Signature } from "./signature.ts";

interface Answer {
  readonly id: number;
  readonly predictions?: readonly unknown[];
  readonly error?: { readonly kind: "input" | "model"; readonly message: string };
}

interface Asked {
  resolve(prediction: Prediction): void;
  reject(error: unknown): void;
}

const pythonRoot = fileURLToPath(new URL("../../../python/", import.meta.url));

export class PythonModel implements ServedModel {
  readonly platform = "mlflow_pyfunc";
  readonly signature: Signature | null;
  readonly inputExample: unknown;
  readonly #model: ModelPackage;
  readonly #options: LoadOptions;
  readonly #asked = new Map<number, Asked>();
  #child: Promise<RunningChild> | null = null;
  #lastId = 0;
  #closed = false;

  private constructor(model: ModelPackage, options: LoadOptions) {
    this.signature = model.signature;
    this.inputExample = model.inputExample;
    this.#model = model;
    this.#options = options;
  }

  /** @throws TradewindError TW_MODEL_RUNTIME when the interpreter lacks MLflow, TW_MODEL_FAILED when loading fails. */
  static async start(model: ModelPackage, options: LoadOptions): Promise<PythonModel> {
    const served = new PythonModel(model, options);
    await served.#running();
    return served;
  }

  async predict(input: Rows, params: PredictParams): Promise<Prediction> {
    const child = await this.#running();
    this.#lastId += 1;
    const id = this.#lastId;
    return await new Promise<Prediction>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      child.input.write(`${JSON.stringify({ id, columns: input.columns, rows: input.rows, params }, nan)}\n`);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = await this.#child?.catch(() => null);
    // The end of its input ends it.
    child?.input.end();
  }

  #running(): Promise<RunningChild> {
    if (this.#closed)
      return Promise.reject(new TradewindError("TW_MODEL_FAILED", "the model was closed while it was asked"));
    this.#child ??= this.#start().catch((error: unknown) => {
      this.#child = null;
      throw error;
    });
    return this.#child;
  }

  #start(): Promise<RunningChild> {
    return RunningChild.start(this.#options, this.#model.folder, {
      answer: (line) => this.#answer(line),
      ended: (why) => this.#ended(why),
    });
  }

  #answer(line: string): void {
    const { id, predictions, error } = JSON.parse(line) as Answer;
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve({ predictions: predictions ?? [], more: {} });
    else
      asked?.reject(
        new TradewindError(error.kind === "input" ? "TW_MODEL_INPUT" : "TW_MODEL_FAILED", error.message),
      );
  }

  #ended(why: string): void {
    this.#child = null;
    const error = new TradewindError("TW_MODEL_FAILED", `the model's Python process ended: ${why}`);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

interface ChildEvents {
  answer(line: string): void;
  ended(why: string): void;
}

/** A process that has loaded the model. */
class RunningChild {
  readonly input: Writable;

  private constructor(input: Writable) {
    this.input = input;
  }

  static start(options: LoadOptions, folder: string, events: ChildEvents): Promise<RunningChild> {
    const interpreter = options.pythonInterpreter;
    const child = spawn(interpreter, ["-m", "tradewind.model_child", folder], {
      env: { ...options.environment, PYTHONPATH: pythonRoot, PYTHONUNBUFFERED: "1" },
      stdio: ["pipe", "ignore", "pipe", "pipe"],
    });
    return new Promise((resolve, reject) => {
      let said = "";
      let isReady = false;
      child.stderr?.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2000)));
      // A write to a process that is gone: its end says so.
      child.stdin?.on("error", () => undefined);
      createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
        if (isReady) return events.answer(line);
        const start = JSON.parse(line) as { ready: boolean; missing?: string; error?: string };
        isReady = start.ready;
        if (start.ready) resolve(new RunningChild(child.stdin as Writable));
        else reject(startError(interpreter, start));
      });
      child.once("error", (cause) =>
        reject(
          new TradewindError("TW_MODEL_RUNTIME", `${interpreter} could not be started: ${cause.message}`, {
            cause,
            hint: "name one that is there as python.interpreter",
          }),
        ),
      );
      child.once("exit", (code, signal) => {
        const why = endOf(child, code, signal, said);
        if (isReady) events.ended(why);
        else reject(new TradewindError("TW_MODEL_FAILED", `the model could not be loaded: ${why}`));
      });
    });
  }
}

function startError(
  interpreter: string,
  { missing, error }: { missing?: string; error?: string },
): TradewindError {
  if (missing === undefined)
    return new TradewindError("TW_MODEL_FAILED", `the model could not be loaded: ${error}`);
  return new TradewindError("TW_MODEL_RUNTIME", `serving a Python model needs ${missing} in ${interpreter}`, {
    hint: `${interpreter} -m pip install ${missing}, or name a Python that has it as python.interpreter`,
  });
}

function endOf(child: ChildProcess, code: number | null, signal: string | null, said: string): string {
  const last = said.trim().split("\n").at(-1) ?? "";
  return `${signal ?? `exit code ${code}`} (process ${child.pid})${last === "" ? "" : `, after: ${last}`}`;
}

/** JSON has no NaN; the child reads this text as one. */
function nan(_key: string, value: unknown): unknown {
  return typeof value === "number" && Number.isNaN(value) ? "__nan__" : value;
}
