/** Renders the options of an attempt and tells the outside what they became, for pages and for `map_index_template`. */
import type { Json } from "../core/dag-model.ts";
import type { Inputs, TaskDefinition } from "../sdk/task.ts";
import type { Clock } from "../time.ts";
import type { AttemptClient } from "./attempt-client.ts";
import type { AttemptContext } from "./attempt-context.ts";
import type { ChildRequest, StartTask } from "./protocol.ts";
import { OptionRenderer } from "./render-options.ts";
import type { RunnableDag } from "./runnable-dag.ts";

export interface Rendering {
  readonly start: StartTask;
  readonly dag: RunnableDag;
  readonly definition: TaskDefinition;
  readonly context: AttemptContext;
  readonly client: AttemptClient;
  readonly clock: Clock;
  request(request: ChildRequest): Promise<Json>;
  readonly values: { [name: string]: unknown };
  /** Names whose values other tasks made. */
  readonly data: ReadonlySet<string>;
  readonly label: string | null;
}

/** Longest rendered field that is kept, in characters (Airflow's `max_templated_field_length`). */
const longestField = 4096;

export async function publishRendered(
  rendering: Rendering,
): Promise<{ values: Inputs; label?: (result: unknown) => Promise<void> }> {
  const { start, dag, definition, context, client, clock, label } = rendering;
  const renderer = new OptionRenderer(start, dag, context, client, clock);
  const values = await renderer.fields(definition, rendering.values, rendering.data);
  const fields = Object.fromEntries(
    definition.templateFields
      .filter((field) => values[field] !== undefined)
      .map((field): [string, Json] => [field, shown(values[field])]),
  );
  const names = { ...values, task: { ...taskNames(definition), parameters: values } };
  // Before the handler as well as after it, so that a running instance has its label where it can be known.
  const before = label === null ? undefined : await renderer.label(label, names).catch(() => undefined);
  tell(rendering, fields, before);
  if (label === null) return { values };
  return {
    values,
    label: async (result) => {
      const after = await renderer.label(label, { ...names, result }).catch(() => undefined);
      if (after !== before && after !== undefined) tell(rendering, fields, after);
    },
  };
}

function taskNames(definition: TaskDefinition): { [name: string]: unknown } {
  return { task_id: definition.taskId, taskId: definition.taskId, operator: definition.operator };
}

/** Not waited for: the order of messages puts it before the result, and a failure must not fail the task. */
function tell(
  { request, context }: Rendering,
  fields: { [name: string]: Json },
  label: string | undefined,
): void {
  const params = label === undefined ? { fields } : { fields, mapIndexLabel: label.slice(0, 250) };
  request({ method: "rendered-fields.set", params }).catch((error: unknown) => {
    context.logger.warning(`the rendered fields were not kept: ${String(error)}`);
  });
}

function shown(value: unknown): Json {
  const text =
    typeof value === "string"
      ? value
      : JSON.stringify(value, (_, inner: unknown) =>
          typeof inner === "function" ? `<function ${inner.name}>` : inner,
        );
  if (text === undefined) return null;
  if (text.length <= longestField) return typeof value === "string" ? text : (JSON.parse(text) as Json);
  return `${text.slice(0, longestField)}… (${text.length - longestField} characters cut)`;
}
