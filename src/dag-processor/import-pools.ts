/** The pools of importing processes: one for TypeScript, and one for each Python interpreter. */
import { isPythonFile } from "../runtime/python-command.ts";
import { ImportPool, type ImportPoolOptions } from "./import-pool.ts";
import { openPythonChannel, type PythonImportOptions } from "./python-import-channel.ts";

export type PythonPoolOptions = PythonImportOptions & { readonly idleSeconds: number };

export class ImportPools {
  readonly #options: ImportPoolOptions;
  readonly #python: PythonPoolOptions | undefined;
  readonly #node: ImportPool;
  readonly #byInterpreter = new Map<string, ImportPool>();

  constructor(options: ImportPoolOptions, python: PythonPoolOptions | undefined) {
    this.#options = options;
    this.#python = python;
    this.#node = new ImportPool(options);
  }

  /** `interpreter` is that of a Python file; null for any other. */
  of(interpreter: string | null): ImportPool {
    const python = this.#python;
    if (interpreter === null || python === undefined) return this.#node;
    let pool = this.#byInterpreter.get(interpreter);
    if (pool === undefined) {
      pool = new ImportPool({
        ...this.#options,
        idleSeconds: python.idleSeconds,
        openChannel: openPythonChannel({ ...python, interpreter }),
      });
      this.#byInterpreter.set(interpreter, pool);
    }
    return pool;
  }

  /** Has processes ready for files such as these. */
  warmUp(paths: readonly string[]): void {
    const python = this.#python !== undefined && paths.some(isPythonFile);
    if (python) this.of(this.#python?.interpreter ?? null).warmUp();
    if (!python || paths.some((path) => !isPythonFile(path))) this.#node.warmUp();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#node, ...this.#byInterpreter.values()].map((pool) => pool.stop()));
  }
}
