/** The importing process of Python files: frames on descriptor 3 (`python/tradewind/importer.py`). */
import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type { DagSpec, Json } from "../core/dag-model.ts";
import { describeTimetable } from "../core/timetable/describe.ts";
import { timetableOf } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import { FrameConnection } from "../runtime/frames.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { type PythonSideSettings, pythonArguments, pythonSettings } from "../runtime/python-command.ts";
import type { OpenImportChannel } from "./import-channel.ts";
import type { ImportAnswer, ImportRequest } from "./import-messages.ts";

export interface PythonImportOptions extends PythonSideSettings {
  /** A path, or a name that is looked for in PATH. */
  readonly interpreter: string;
  /** Variables and connections that a file reads while it is imported; refused where nobody answers. */
  readonly answer?: (request: ChildRequest) => Promise<Json>;
}

type PythonAnswer = Omit<ImportAnswer, "dags"> & { dags: readonly { spec: DagSpec }[] };
type FromImporter = PythonAnswer | ({ type: "request"; id: number } & ChildRequest);

export function openPythonChannel(options: PythonImportOptions): OpenImportChannel {
  return (environment) => {
    const child = spawn(options.interpreter, pythonArguments("importer"), {
      env: { ...environment, ...pythonSettings(options) } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
    });
    const stream = child.stdio[3] as Duplex & { ref?(): void; unref?(): void };
    const waiting = new Map<number, (answer: ImportAnswer) => void>();
    const connection = new FrameConnection<FromImporter, ImportRequest>(stream, {
      message(message) {
        if (message.type === "imported") {
          waiting.get(message.id)?.(withTimetables(message));
          waiting.delete(message.id);
        } else if (message.type === "request") {
          const { id, method, params } = message;
          connection.answer(id, answerTo({ method, params } as ChildRequest, options));
        }
      },
      closed: () => undefined,
    });
    return {
      child,
      crashHint: "the file ends or crashes its process (os._exit, os.kill, a native module)",
      get connected() {
        return !connection.closed;
      },
      ask(request) {
        return new Promise((resolve) => {
          waiting.set(request.id, resolve);
          connection.send(request);
        });
      },
      hold(isNeeded) {
        if (isNeeded) stream.ref?.();
        else stream.unref?.();
      },
    };
  };
}

function answerTo(request: ChildRequest, { answer }: PythonImportOptions): Promise<Json> {
  if (answer !== undefined) return answer(request);
  return Promise.reject(
    new TradewindError("TW_PROTOCOL", `nobody answers ${request.method} while a Dag file is imported here`),
  );
}

/** Timetables are described here: their names and their sense are the scheduler's. */
function withTimetables(answer: PythonAnswer): ImportAnswer {
  try {
    const dags = answer.dags.map(({ spec }) => ({
      spec,
      timetableSummary: timetableOf(spec.timetable).summary,
      timetableDescription: describeTimetable(spec.timetable),
    }));
    return { ...answer, dags };
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof TradewindError ? error.code : "TW_DAG_FILE_THROWS";
    return {
      ...answer,
      dags: [],
      problem: { code, message, stacktrace: message, line: null, column: null },
    };
  }
}
