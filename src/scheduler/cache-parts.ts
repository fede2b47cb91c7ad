/**
 * What the key of a step is made of: digests of its code, of the values that it gets and of its params. Values come
 * from the newest XComs at hand, else from the store; a value that is a file counts by its bytes, not by its place.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Json, MapSpec, ParamSpec, TaskSpec, ValueSpec, XComRef, XComStep } from "../core/dag-model.ts";
import type { CompiledTask } from "../core/graph.ts";
import type { Instance } from "../core/instances.ts";
import { expandedArguments } from "../core/mapping.ts";
import { type CacheParts, type CacheSpec, cacheModeKey, canonicalJson } from "../core/step-cache.ts";
import type { XComValue } from "../runtime/protocol.ts";
import type { ActiveRun } from "./memory.ts";
import type { ReadXComs } from "./read-xcoms.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const digestOf = (value: Json): string => sha256(canonicalJson(value)).slice(0, 32);

type Digests = { [name: string]: string };

/** Inputs and params are left to the given value, where a key stands for them. */
export function keyedParts(run: ActiveRun, spec: CacheSpec, value: Json): CacheParts {
  return { code: codeOf(run, spec), inputs: { key: digestOf(value) }, params: {} };
}

/** @throws when a file of a value cannot be read */
export async function partsOf(reads: ReadXComs, run: ActiveRun, instance: Instance): Promise<CacheParts> {
  const task = run.dag.tasks[instance.task] as CompiledTask;
  const cache = task.spec.cache as CacheSpec;
  if (typeof cache.key === "object") return keyedParts(run, cache, cache.key.text);
  const values = new ValueDigests(reads, run, instance);
  const inputs: Digests = {};
  for (const [name, source] of Object.entries(task.spec.inputs)) inputs[name] = await values.of(source);
  Object.assign(inputs, await values.ofExpansion(task.spec));
  return {
    code: codeOf(run, cache),
    inputs: { ...inputs, ...optionsOf(task.spec) },
    params: paramsOf({ ...run.dag.spec.params, ...task.spec.params }, run.run.conf),
  };
}

/** The text of the handler in place of the Dag file's, so that a change of another task's code leaves it alone. */
function codeOf({ version }: ActiveRun, { code, handler }: CacheSpec): Digests {
  const files = { ...version.files };
  if (code === "files" || handler === undefined) return files;
  delete files[version.compiled.spec.relativeFile];
  return { ...files, handler };
}

/** What an operator is told beside values of others: its command, its query. */
function optionsOf({ options, env, cwd, operator }: TaskSpec): Digests {
  const told = { options, env: env ?? {}, cwd: cwd ?? null, operator };
  return { "(options)": digestOf(told as unknown as Json) };
}

function paramsOf(specs: { readonly [name: string]: ParamSpec }, conf: Json): Digests {
  const given = conf !== null && typeof conf === "object" && !Array.isArray(conf) ? conf : {};
  const names = new Set([...Object.keys(specs), ...Object.keys(given)]);
  names.delete(cacheModeKey);
  return Object.fromEntries(
    [...names].map((name) => [name, digestOf(given[name] ?? specs[name]?.value ?? null)]),
  );
}

class ValueDigests {
  readonly #reads: ReadXComs;
  readonly #run: ActiveRun;
  readonly #instance: Instance;

  constructor(reads: ReadXComs, run: ActiveRun, instance: Instance) {
    this.#reads = reads;
    this.#run = run;
    this.#instance = instance;
  }

  async of(source: ValueSpec): Promise<string> {
    if ("literal" in source) return digestOf(source.literal);
    if ("groupArgument" in source) return this.#ofGroup(source.groupArgument);
    const { steps = [] } = source.xcom;
    const whole = await Promise.all((await this.#pull(source.xcom)).map((value) => contentOf(value)));
    if (steps.length === 0) return digestOf(whole);
    return digestOf([whole, ...(await Promise.all(steps.map((step) => this.#ofStep(step))))]);
  }

  /** The element of this instance where that can be told without user code, else the whole and the map index. */
  async ofExpansion({ mapped }: TaskSpec): Promise<Digests> {
    if (mapped === undefined || this.#instance.mapIndex < 0) return {};
    return this.#ofMap(mapped);
  }

  async #ofMap(mapped: MapSpec): Promise<Digests> {
    const sources = "expand" in mapped ? mapped.expand : { expandKwargs: mapped.expandKwargs };
    const values: { [name: string]: Json } = {};
    for (const [name, source] of Object.entries(sources)) {
      const value = await this.#plain(source);
      if (value === undefined) return this.#wholes(sources);
      values[name] = value;
    }
    const elements = expandedArguments(mapped, values, this.#instance.mapIndex);
    if (elements === undefined) return this.#wholes(sources);
    return Object.fromEntries(Object.entries(elements).map(([name, value]) => [name, digestOf(value)]));
  }

  async #wholes(sources: { readonly [name: string]: ValueSpec }): Promise<Digests> {
    const digests: Digests = { "(map index)": String(this.#instance.mapIndex) };
    for (const [name, source] of Object.entries(sources)) digests[name] = await this.of(source);
    return digests;
  }

  /** What is expanded over, as JSON; undefined where it is a file, or made by a function of the Dag. */
  async #plain(source: ValueSpec): Promise<Json | undefined> {
    if ("literal" in source) return source.literal;
    if (!("xcom" in source) || (source.xcom.steps?.length ?? 0) > 0) return undefined;
    const values = await this.#pull(source.xcom);
    const plain = values.flatMap((value) => ("json" in value ? [value.json] : []));
    if (plain.length < values.length) return undefined;
    const upstream = this.#run.dag.indexOf.get(source.xcom.taskId);
    return upstream !== undefined && this.#reach(upstream) === null ? plain : plain[0];
  }

  async #ofGroup({ groupId, name }: { groupId: string; name: string }): Promise<string> {
    const mapped = this.#run.dag.spec.taskGroups.find((group) => group.groupId === groupId)?.mapped;
    if (mapped === undefined) return digestOf(null);
    const digests = await this.#ofMap(mapped);
    return digests[name] ?? digestOf(digests);
  }

  async #ofStep(step: XComStep): Promise<Json> {
    if ("map" in step) return { map: step.map.fn };
    const others = "zip" in step ? step.zip.others : step.concat.others;
    const digests = await Promise.all(others.map((other) => this.of(other)));
    return "zip" in step ? { zip: digests, fillvalue: step.zip.fillvalue ?? null } : { concat: digests };
  }

  async #pull({ taskId, key }: XComRef): Promise<XComValue[]> {
    const upstream = this.#run.dag.indexOf.get(taskId);
    if (upstream === undefined) return [];
    const index = this.#reach(upstream);
    const answers = await this.#reads.get(
      { run: this.#run, instance: this.#instance },
      { taskIds: [taskId], key, mapIndexes: index === null ? null : [index] },
    );
    return answers.map(({ value }) => value);
  }

  /** -1 for an upstream that is not mapped, our own index within one mapped group, null for all of them. */
  #reach(upstream: number): number | null {
    const { dag } = this.#run;
    const group = dag.tasks[upstream]?.mappedGroup ?? null;
    if (group !== null && group === dag.tasks[this.#instance.task]?.mappedGroup)
      return this.#instance.mapIndex;
    return dag.tasks[upstream]?.mapped != null || group !== null ? null : -1;
  }
}

async function contentOf(value: XComValue): Promise<Json> {
  if ("json" in value) return value.json;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(new URL(value.ref.uri))) hash.update(chunk as Uint8Array);
  return { file: hash.digest("hex"), mediaType: value.ref.mediaType };
}
