/**
 * The newest XComs, so that the inputs of a task that follows travel with its start. Only small values are kept,
 * and the oldest go first; whatever is not here is read from the store.
 */
import type { Json } from "../core/dag-model.ts";
import type { XComValue } from "../runtime/protocol.ts";

const largestValue = 16 * 1024;
/** What others are expanded over is asked for once for each of its elements, and worth more room. */
const largestSource = 2 * 1024 * 1024;
const capacity = 24 * 1024 * 1024;

interface Entry {
  readonly value: XComValue;
  readonly bytes: number;
}

export class XComCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  put(
    runPk: number,
    taskId: string,
    mapIndex: number,
    key: string,
    value: XComValue,
    isMapSource = false,
  ): void {
    const name = nameOf(runPk, taskId, mapIndex, key);
    this.#drop(name);
    const bytes = "json" in value ? sizeOf(value.json) : 200;
    if (bytes > (isMapSource ? largestSource : largestValue)) return;
    this.#entries.set(name, { value, bytes });
    this.#bytes += bytes + name.length + 64;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= capacity) return;
      this.#drop(oldest);
    }
  }

  get(runPk: number, taskId: string, mapIndex: number, key: string): XComValue | undefined {
    return this.#entries.get(nameOf(runPk, taskId, mapIndex, key))?.value;
  }

  forget(runPk: number, taskId: string, mapIndex: number, key: string): void {
    this.#drop(nameOf(runPk, taskId, mapIndex, key));
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#bytes -= entry.bytes + name.length + 64;
  }
}

function nameOf(runPk: number, taskId: string, mapIndex: number, key: string): string {
  return `${runPk}/${mapIndex}/${taskId}/${key}`;
}

/** A number or a text needs no serializing to be measured. */
function sizeOf(value: Json): number {
  if (typeof value === "string") return value.length * 2;
  return value === null || typeof value !== "object" ? 8 : JSON.stringify(value).length;
}
