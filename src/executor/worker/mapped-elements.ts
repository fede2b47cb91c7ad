/**
 * The elements of long lists that tasks are mapped over. Such a list is a file; each of its N instances would read
 * and parse all of it for the one element that it wants, N² in all. Here it is read once for the worker.
 */
import { readFile } from "node:fs/promises";
import type { Json } from "../../core/dag-model.ts";
import { elementOf, isTyped } from "../../core/map-element.ts";
import type { ChildAnswers, ChildRequest } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";

type Answer = ChildAnswers["xcom.get"];

/** Lists kept at a time: those of the runs that are being mapped now. */
const keptLists = 2;
const keptMs = 30_000;
/** Parsing blocks the worker's loop: 32 MiB take about a quarter of a second. Longer lists are the child's to read. */
const longestBytes = 32 * 1_048_576;

export class MappedElements {
  readonly #clock: Clock;
  /** By address; the file of an attempt's value never changes. The last used stands last. */
  readonly #lists = new Map<string, Promise<Json>>();
  #forgetting: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer to the request, with only the element where one was asked for and the list is a file. */
  async pick(request: ChildRequest, answering: Promise<Json>): Promise<Json> {
    const answer = await answering;
    if (request.method !== "xcom.get" || request.params.item === undefined) return answer;
    return (await this.#element(answer as unknown as Answer, request.params.item)) as unknown as Json;
  }

  async #element(answer: Answer, item: number): Promise<Answer> {
    const [only] = answer;
    if (only === undefined || answer.length > 1 || only.item === true || "json" in only.value) return answer;
    const { uri, bytes, mediaType } = only.value.ref;
    if (mediaType !== "application/json" || bytes > longestBytes) return answer;
    let list: Json;
    try {
      list = await this.#list(uri);
    } catch {
      // The child meets the same error, and says it as the task's.
      return answer;
    }
    const element = isTyped(list) ? undefined : elementOf(list, item);
    return element === undefined ? answer : [{ ...only, ...element, item: true }];
  }

  #list(uri: string): Promise<Json> {
    const list = this.#lists.get(uri) ?? readList(uri);
    this.#lists.delete(uri);
    this.#lists.set(uri, list);
    list.catch(() => this.#lists.delete(uri));
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > keptLists && oldest !== undefined) this.#lists.delete(oldest);
    this.#forgetting?.cancel();
    this.#forgetting = this.#clock.after(keptMs, () => this.#lists.clear());
    return list;
  }
}

async function readList(uri: string): Promise<Json> {
  return JSON.parse(await readFile(new URL(uri), "utf8")) as Json;
}
