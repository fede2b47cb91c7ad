/** One attempt in a fresh Python, for commands that run a single task; what it prints goes to this process's own output. */
import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { TradewindError } from "../errors.ts";
import { environmentForTasks } from "./environment.ts";
import { FrameConnection } from "./frames.ts";
import type { ChildMessage, ChildRequest, StartTask, SupervisorMessage } from "./protocol.ts";
import { type PythonSideSettings, pythonArguments, pythonSettings } from "./python-command.ts";
import type { AttemptPort, AttemptReport } from "./run-attempt.ts";

/**
 * Without settings the process has those of this one's environment.
 *
 * @throws TradewindError TW_TASK_PROCESS when the process ends without a result.
 */
export async function runPythonAttempt(
  start: StartTask,
  port: Pick<AttemptPort, "request" | "log" | "mask">,
  settings: PythonSideSettings | null,
  signal?: AbortSignal,
): Promise<AttemptReport> {
  const { interpreter } = start.code;
  const child = spawn(interpreter, pythonArguments("child"), {
    env: {
      ...environmentForTasks(),
      ...(settings === null ? {} : pythonSettings(settings)),
    } as NodeJS.ProcessEnv,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const done = Promise.withResolvers<AttemptReport>();
  const ended = (how: string): void =>
    done.reject(new TradewindError("TW_TASK_PROCESS", `a result of the task was expected, but ${how}`));
  child.on("error", (error) => ended(`${interpreter} cannot be started: ${error.message}`));
  child.on("close", (code, signal) =>
    ended(`its process ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`),
  );
  const connection: FrameConnection<ChildMessage, SupervisorMessage> = new FrameConnection(
    child.stdio[3] as Duplex,
    { message: (message) => receive(message), closed: () => undefined },
  );
  const cancel = (): void => connection.send({ type: "cancel", reason: "the task is told to end" });
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  connection.send(start);
  try {
    return await done.promise;
  } finally {
    signal?.removeEventListener("abort", cancel);
    connection.send({ type: "shutdown" });
    connection.flush();
    connection.end();
  }

  function receive(message: ChildMessage): void {
    if (message.type === "log") port.log(message.level, message.message, message.fields);
    else if (message.type === "mask") port.mask(message.values);
    else if (message.type === "request") {
      const { id, method, params } = message;
      connection.answer(id, port.request({ method, params } as ChildRequest));
    } else if (message.type === "result") {
      const { result, xcoms, length, keys } = message;
      const size = { ...(length === undefined ? {} : { length }), ...(keys === undefined ? {} : { keys }) };
      done.resolve({ result, xcoms, ...size, handlerStillRuns: false });
    }
  }
}
