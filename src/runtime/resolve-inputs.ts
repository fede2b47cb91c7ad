/**
 * From where the values of a task's arguments come (literals, XComs with their steps, arguments of a mapped
 * group, the expansion) to the values of this one instance. Values come from the start message where it has
 * them, and are asked for otherwise; of an expansion only this instance's element where that can be.
 */
import type { Json, MapSpec, ValueSpec, XComRef, XComStep } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { ChildAnswers, ChildRequest, StartTask } from "./protocol.ts";
import { indexOf, type RunnableDag } from "./runnable-dag.ts";
import { decodeValue } from "./xcom-values.ts";

export interface ResolvedInputs {
  readonly values: { [name: string]: unknown };
  /** Names whose value another task made: their strings are data, never templates. */
  readonly fromUpstream: ReadonlySet<string>;
}

type Ask = (request: ChildRequest) => Promise<Json>;

/** Elements that are fetched and changed one by one, when they are read. */
interface Sequence {
  readonly length: number;
  at(index: number): unknown;
}

const nothing: ResolvedInputs = { values: {}, fromUpstream: new Set() };

/** @throws TW_XCOM_VALUE, TW_MAP_VALUE where a value is missing or cannot be expanded over */
export async function resolveInputs(start: StartTask, dag: RunnableDag, ask: Ask): Promise<ResolvedInputs> {
  const spec = indexOf(dag.spec).tasks.get(start.task.taskId);
  if (!spec || (spec.mapped === undefined && Object.keys(spec.inputs).length === 0)) return nothing;
  const resolver = new Resolver(start, dag, ask);
  const values: { [name: string]: unknown } = {};
  const fromUpstream = new Set<string>();
  for (const [name, source] of Object.entries(spec.inputs)) {
    values[name] = await resolver.value(source);
    if (!("literal" in source)) fromUpstream.add(name);
  }
  if (spec.mapped && start.task.mapIndex >= 0) {
    for (const [name, value, literal] of await resolver.element(spec.mapped, start.task.mapIndex)) {
      values[name] = value;
      if (!literal) fromUpstream.add(name);
    }
  }
  return { values, fromUpstream };
}

class Resolver {
  readonly #start: StartTask;
  readonly #dag: RunnableDag;
  readonly #ask: Ask;
  constructor(start: StartTask, dag: RunnableDag, ask: Ask) {
    this.#start = start;
    this.#dag = dag;
    this.#ask = ask;
  }

  async value(source: ValueSpec): Promise<unknown> {
    if ("literal" in source) return source.literal;
    if ("groupArgument" in source) return this.#groupArgument(source.groupArgument);
    const ref = source.xcom;
    if (!ref.steps?.length) return this.#whole(ref);
    const sequence = await this.#sequence(source);
    const items: unknown[] = [];
    for (let i = 0; i < sequence.length; i++) items.push(await sequence.at(i));
    return items;
  }

  /** Name, value and whether it is a literal, of each argument that the expansion gives to one instance. */
  async element(mapped: MapSpec, index: number): Promise<[string, unknown, boolean][]> {
    if ("expandKwargs" in mapped) return this.#kwargs(mapped.expandKwargs, index);
    const entries = Object.entries(mapped.expand);
    const picked: [string, unknown, boolean][] = [];
    let rest = index;
    // As in Airflow the last name varies fastest.
    for (const [position, [name, source]] of entries.toReversed().entries()) {
      const last = position === entries.length - 1;
      const length = last ? Number.POSITIVE_INFINITY : await this.#length(source, name);
      const at = last ? rest : rest % length;
      rest = Math.floor(rest / length);
      picked.push([name, await this.#elementOf(source, at, `argument "${name}"`), "literal" in source]);
    }
    return picked.reverse();
  }

  async #kwargs(source: ValueSpec, index: number): Promise<[string, unknown, boolean][]> {
    const object = await this.#elementOf(source, index, "expandKwargs()");
    if (object === null || typeof object !== "object" || Array.isArray(object)) {
      throw this.#unmappable("expandKwargs()", `element ${index} to be an object of arguments`, object);
    }
    return Object.entries(object).map(([name, value]) => [name, value, "literal" in source]);
  }

  async #groupArgument({ groupId, name }: { groupId: string; name: string }): Promise<unknown> {
    const group = this.#dag.spec.taskGroups.find((group) => group.groupId === groupId);
    if (!group?.mapped) throw new TradewindError("TW_INTERNAL", `task group "${groupId}" is not mapped`);
    const index = this.#start.task.mapIndex;
    const found = (await this.element(group.mapped, index)).find(([other]) => other === name);
    if (!found) throw this.#unmappable(`task group "${groupId}"`, `an argument "${name}"`, undefined);
    return found[1];
  }

  /** One element of what is expanded over; asks for no more than it where there are no steps. */
  async #elementOf(source: ValueSpec, index: number, what: string): Promise<unknown> {
    if ("xcom" in source && !source.xcom.steps?.length && this.#known(source.xcom) === undefined) {
      const { taskId, key } = source.xcom;
      const given = this.#start.elements?.find(
        (x) => x.taskId === taskId && x.key === key && x.index === index,
      );
      return given ? decodeValue(given.value) : this.#item(source.xcom, index, what);
    }
    const sequence = await this.#sequence(source, what, true);
    if (index >= sequence.length)
      throw this.#unmappable(what, `at least ${index + 1} elements`, sequence.length);
    return sequence.at(index);
  }

  async #length(source: ValueSpec, name: string): Promise<number> {
    const { length } = await this.#sequence(source, `argument "${name}"`, true);
    if (length === 0) throw this.#unmappable(`argument "${name}"`, "at least one element", 0);
    return length;
  }

  /** `picked`: elements are asked for one by one, where the length is known without them. */
  async #sequence(source: ValueSpec, what = "a mapped value", picked = false): Promise<Sequence> {
    if (!("xcom" in source)) return this.#elements(await this.value(source), what);
    const { steps = [], ...ref } = source.xcom;
    let sequence = await this.#returned(ref, what, picked);
    for (const step of steps) sequence = await this.#step(sequence, step, picked);
    return sequence;
  }

  async #returned(ref: XComRef, what: string, picked: boolean): Promise<Sequence> {
    const length = this.#start.lengths?.[ref.taskId];
    if (!picked || length === undefined || this.#known(ref) !== undefined)
      return this.#elements(await this.#whole(ref), what);
    return { length, at: (index) => this.#elementOf({ xcom: ref }, index, what) };
  }

  async #step(input: Sequence, step: XComStep, picked: boolean): Promise<Sequence> {
    if ("map" in step) {
      const fn = this.#dag.functions[step.map.fn];
      if (!fn) throw new TradewindError("TW_INTERNAL", `the Dag file has no function number ${step.map.fn}`);
      return { length: input.length, at: async (index) => fn(await input.at(index)) };
    }
    if ("concat" in step) {
      const parts = [input, ...(await this.#sequences(step.concat.others, picked))];
      return {
        length: parts.reduce((total, { length }) => total + length, 0),
        at(index) {
          let rest = index;
          for (const part of parts) {
            if (rest < part.length) return part.at(rest);
            rest -= part.length;
          }
          return undefined;
        },
      };
    }
    const { others, fillvalue } = step.zip;
    const parts = [input, ...(await this.#sequences(others, picked))];
    const lengths = parts.map(({ length }) => length);
    return {
      length: fillvalue === undefined ? Math.min(...lengths) : Math.max(...lengths),
      at: (index) => Promise.all(parts.map((part) => (index < part.length ? part.at(index) : fillvalue))),
    };
  }

  async #sequences(sources: ValueSpec[], picked: boolean): Promise<Sequence[]> {
    const all: Sequence[] = [];
    for (const source of sources) all.push(await this.#sequence(source, undefined, picked));
    return all;
  }

  #elements(value: unknown, what: string): Sequence {
    if (Array.isArray(value)) return { length: value.length, at: (index) => value[index] as unknown };
    if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
      const entries = Object.entries(value);
      return { length: entries.length, at: (index) => entries[index] };
    }
    throw this.#unmappable(what, "an array or an object", value);
  }

  /** The value as a task that is not mapped sees it: of a mapped upstream the list of all. */
  async #whole(ref: XComRef): Promise<unknown> {
    const known = this.#known(ref);
    if (known !== undefined) return decodeValue(known);
    const reach = this.#reach(ref.taskId);
    const mapIndexes = reach === "all" ? null : [reach];
    const answers = await this.#pull(ref, { mapIndexes });
    if (reach === "all") return Promise.all(answers.map(({ value }) => decodeValue(value)));
    const [first] = answers;
    if (first) return decodeValue(first.value);
    if (ref.key === "return_value") return null;
    throw new TradewindError(
      "TW_XCOM_VALUE",
      `expected task "${ref.taskId}" to have pushed a value "${ref.key}", it pushed none`,
    );
  }

  async #item(ref: XComRef, item: number, what: string): Promise<unknown> {
    const reach = this.#reach(ref.taskId);
    const [first, ...others] = await this.#pull(ref, { mapIndexes: reach === "all" ? null : [reach], item });
    if (first?.item) return decodeValue(first.value);
    if (!first)
      throw this.#unmappable(
        what,
        `task "${ref.taskId}" to have returned ${item + 1} elements or more`,
        undefined,
      );
    if (reach === "all") {
      const found = [first, ...others][item];
      if (!found)
        throw this.#unmappable(
          what,
          `task "${ref.taskId}" to have returned ${item + 1} values or more`,
          undefined,
        );
      return decodeValue(found.value);
    }
    const elements = this.#elements(await decodeValue(first.value), what);
    if (item >= elements.length)
      throw this.#unmappable(what, `at least ${item + 1} elements`, elements.length);
    return elements.at(item);
  }

  async #pull(
    ref: XComRef,
    more: { mapIndexes: number[] | null; item?: number },
  ): Promise<ChildAnswers["xcom.get"]> {
    const answer = await this.#ask({
      method: "xcom.get",
      params: { taskIds: [ref.taskId], key: ref.key, ...more },
    });
    return answer as unknown as ChildAnswers["xcom.get"];
  }

  /** -1 for an upstream that is not mapped, our own index inside of the same mapped group, else all of them. */
  #reach(taskId: string): number | "all" {
    const index = indexOf(this.#dag.spec);
    const group = index.mappedGroupOf(taskId);
    if (index.tasks.get(taskId)?.mapped) return "all";
    if (group === null) return -1;
    return group === index.mappedGroupOf(this.#start.task.taskId) ? this.#start.task.mapIndex : "all";
  }

  #known(ref: XComRef): StartTask["xcoms"][number]["value"] | undefined {
    const reach = this.#reach(ref.taskId);
    if (reach === "all") return undefined;
    return this.#start.xcoms.find((x) => x.taskId === ref.taskId && x.key === ref.key && x.mapIndex === reach)
      ?.value;
  }

  #unmappable(what: string, expected: string, got: unknown): TradewindError {
    const { taskId, mapIndex } = this.#start.task;
    const shown =
      got === undefined
        ? "nothing"
        : typeof got === "object"
          ? JSON.stringify(got).slice(0, 100)
          : `${got as string}`;
    return new TradewindError(
      "TW_MAP_VALUE",
      `instance ${mapIndex} of task "${taskId}", ${what}: expected ${expected}, got ${shown}`,
    );
  }
}
