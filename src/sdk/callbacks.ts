/** Callbacks of tasks and Dags, and notifiers: callbacks that are objects with settings. */
import type { TaskContext } from "./context.ts";
import type { Callback } from "./task.ts";

/**
 * Tells somebody what happened. Subclass it, and give an instance wherever a callback is expected.
 *
 * @example
 * class PagerNotifier extends BaseNotifier {
 *   readonly service: string;
 *   constructor(service: string) { super(); this.service = service; }
 *   async notify(context: TaskContext) { await page(this.service, `${context.taskId} failed`); }
 * }
 * dag.task("train", train, { onFailureCallback: new PagerNotifier("ml") });
 */
export abstract class BaseNotifier {
  /** Properties whose strings are templates; rendered before `notify`. */
  readonly templateFields: readonly string[] = [];
  abstract notify(context: TaskContext): unknown;
}

/** What a callback option takes. */
export type CallbackLike = Callback | BaseNotifier | readonly (Callback | BaseNotifier)[];

function isNotifier(value: unknown): value is BaseNotifier {
  return typeof value === "object" && value !== null && typeof (value as BaseNotifier).notify === "function";
}

export function isCallbackLike(value: unknown): value is CallbackLike {
  return [value].flat().every((item) => typeof item === "function" || isNotifier(item));
}

/** The functions of a callback option, in the order in which they are called. */
export function callbacksOf(value: CallbackLike | undefined): Callback[] {
  if (value === undefined) return [];
  return ([value].flat() as (Callback | BaseNotifier)[]).map((item) =>
    typeof item === "function" ? item : (context: TaskContext) => notifyRendered(item, context),
  );
}

/** Under this key a context renders templates; put there by the runtime. */
export const renderKey = Symbol.for("tradewind.render");

type Render = (value: unknown, field: string) => Promise<unknown>;

/** Calls `notify` on the notifier, or on a view of it whose template fields are rendered. */
async function notifyRendered(notifier: BaseNotifier, context: TaskContext): Promise<unknown> {
  const render = (context as { [renderKey]?: Render })[renderKey];
  const fields = notifier.templateFields.filter((field) =>
    isTemplated((notifier as unknown as Fields)[field]),
  );
  if (render === undefined || fields.length === 0) return notifier.notify(context);
  const view = Object.create(notifier) as BaseNotifier;
  for (const field of fields) {
    const value = await render.call(context, (notifier as unknown as Fields)[field], field);
    Object.defineProperty(view, field, { value });
  }
  return view.notify(context);
}

type Fields = { readonly [field: string]: unknown };

function isTemplated(value: unknown): boolean {
  if (typeof value === "string") return value.includes("{{") || value.includes("{%");
  return typeof value === "object" && value !== null && Object.values(value).some(isTemplated);
}
