/** `new Dag(id, options)`: what a Dag file starts with. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { type DagOptions, dagOptionRules, removedDagOptions } from "./dag-options.ts";
import type { DagState } from "./dag-state.ts";
import { checkId } from "./ids.ts";
import { checkOptions, isPlainObject } from "./options.ts";
import { announceDag } from "./registry.ts";
import { taskOptionRules } from "./task-options.ts";
import { TaskScope } from "./task-scope.ts";

const stateKey = Symbol.for("tradewind.dag-state");

/**
 * A Dag: tasks, the order between them, and when they run.
 *
 * @example
 * export const dag = new Dag("iris", { schedule: "@daily", tags: ["example"] });
 * const load = dag.task("load", async () => readIris());
 * const train = dag.task("train", async ({ rows }: { rows: Row[] }) => fit(rows), { retries: 1 });
 * train({ rows: load() });
 *
 * @throws TradewindError with the file and line of the call: TW_ID_INVALID, TW_OPTION_UNKNOWN, TW_OPTION_INVALID
 */
export class Dag extends TaskScope {
  readonly dagId: string;
  /** The options as they were given, frozen. */
  readonly spec: DagOptions;

  constructor(dagId: string, options: DagOptions = {}) {
    checkId("Dag id", dagId);
    const owner = `Dag "${dagId}"`;
    refuseRemoved(options, owner);
    checkOptions(options, dagOptionRules, { owner });
    if (options.defaultArgs !== undefined) {
      checkOptions(options.defaultArgs, taskOptionRules, { owner: `defaultArgs of ${owner}` });
    }
    const frozen = Object.freeze({ ...options });
    const state: DagState = {
      dagId,
      options: frozen,
      at: callSite(),
      tasks: new Map(),
      groups: new Map(),
      edges: [],
      finished: false,
    };
    super(state, null);
    this.dagId = dagId;
    this.spec = frozen;
    Object.defineProperty(this, stateKey, { value: state });
    if (options.autoRegister !== false) announceDag(state);
  }

  /** Ids of the tasks, in the order in which they were declared. */
  get taskIds(): readonly string[] {
    return [...this.state.tasks.keys()];
  }
}

/** What a Dag remembers; undefined for anything else. */
export function dagState(value: unknown): DagState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [stateKey]?: DagState })[stateKey];
}

function refuseRemoved(options: unknown, owner: string): void {
  if (!isPlainObject(options)) return;
  for (const name of Object.keys(options)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const now = Object.hasOwn(removedDagOptions, camel) ? removedDagOptions[camel] : undefined;
    if (now === undefined) continue;
    throw new TradewindError(
      "TW_OPTION_UNKNOWN",
      `\`${name}\` is not an option of ${owner}: it is \`${now}\` since Airflow 3`,
      {
        at: callSite(),
      },
    );
  }
}
