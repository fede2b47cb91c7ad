/** Calls a function of a Python file in a process of the attempt, which speaks the protocol as a Python task's does. */
import type { TaskSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { PythonCall } from "../sdk/dag-state.ts";
import { FailException, ForeignResult, SkipException } from "../sdk/outcomes.ts";
import { pythonInterpreter } from "./environment.ts";
import type { ErrorInfo, StartTask, TaskResult, XComValue } from "./protocol.ts";
import { runPythonAttempt } from "./python-attempt.ts";
import type { AttemptPort } from "./run-attempt.ts";
import { encodeValue, originOf, type ValueStore } from "./xcom-values.ts";

interface Parts {
  readonly start: StartTask;
  readonly spec: TaskSpec;
  readonly port: AttemptPort;
  readonly store: ValueStore;
  readonly signal: AbortSignal;
}

/** What the function pushed goes into `pushed`. @throws what the function raised, by name and with its stack. */
export async function callPython(
  { start, spec, port, store, signal }: Parts,
  call: PythonCall,
  inputs: { readonly [name: string]: unknown },
  pushed: Map<string, XComValue>,
): Promise<unknown> {
  const args: { [name: string]: XComValue } = {};
  for (const [name, value] of Object.entries(inputs))
    args[name] = originOf(value) ?? (await encodeValue(value, `input.${name}`, `the input ${name}`, store));
  const templated = Object.keys(inputs).filter((name) => "literal" in (spec.inputs[name] ?? {}));
  const { file, argv, environment } = call;
  const message: StartTask = {
    ...start,
    code: { ...start.code, interpreter: pythonInterpreter() },
    call: {
      file,
      function: call.function,
      args,
      templated,
      argv: [...argv],
      environment: { ...environment },
      multipleOutputs: spec.multipleOutputs,
    },
  };
  const report = await runPythonAttempt(message, port, null, signal);
  for (const { key, value } of report.xcoms) pushed.set(key, value);
  const { length, keys } = report;
  const size = { ...(length === undefined ? {} : { length }), ...(keys === undefined ? {} : { keys }) };
  return valueOf(report.result, size);
}

function valueOf(result: TaskResult, size: ForeignResult["size"]): ForeignResult | undefined {
  if (result.outcome === "success") {
    const { value } = result;
    if (value === undefined) return undefined;
    return new ForeignResult(value, "json" in value ? value.json : undefined, size);
  }
  if (result.outcome === "skipped") throw new SkipException(result.message);
  if (result.outcome === "failed") throw errorOf(result.error, result.retryable);
  throw new TradewindError(
    "TW_PROTOCOL",
    `a function that dag.python() calls has to return or raise, got: ${result.outcome}`,
  );
}

/** The error of the other language, with its own name and stack. */
function errorOf({ name, message, stack, code }: ErrorInfo, retryable: boolean): Error {
  const error = retryable
    ? Object.assign(new Error(message), { name })
    : new FailException(`${name}: ${message}`);
  error.stack = stack ?? `${name}: ${message}`;
  return code === undefined ? error : Object.assign(error, { code });
}
