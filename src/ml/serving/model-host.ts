/**
 * The models that a server has in memory. A model is loaded and warmed up before it answers its first request; one
 * that is replaced answers what it was asked, and is closed when its last request has ended.
 *
 *     asked for → loading → ready → (reference moves: the new one loads beside it) → draining → closed
 */
import { TradewindError } from "../../errors.ts";
import { parseInvocation } from "./invocation-body.ts";
import { MicroBatches } from "./micro-batches.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { ServedModel } from "./served-model.ts";
import { enforceSignature } from "./signature.ts";

/** Where a reference leads now: `models:/iris@champion` is version 3 of iris, in this folder. */
export interface ResolvedModel {
  readonly name: string;
  readonly version: string | null;
  readonly folder: string;
}

export interface ModelHostParts {
  /** Where each of the references leads; an error for one that leads nowhere. */
  resolve(references: readonly string[]): Promise<ReadonlyMap<string, ResolvedModel | Error>>;
  load(folder: string): Promise<ServedModel>;
  warn(message: string, error: unknown): void;
}

export interface HostedModel extends ResolvedModel {
  readonly model: ServedModel;
  predict(input: Rows, params: PredictParams): Promise<Prediction> | Prediction;
}

export class ModelHost {
  readonly #parts: ModelHostParts;
  /** What answers for a reference. */
  readonly #current = new Map<string, Hosted>();
  /** By folder: references to the same version share one. */
  readonly #loaded = new Map<string, Promise<Hosted>>();
  readonly #loading = new Map<string, Promise<Hosted>>();

  constructor(parts: ModelHostParts) {
    this.#parts = parts;
  }

  /** The model that answers for the reference: at once when it is in memory, else when it is loaded. */
  get(reference: string): HostedModel | Promise<HostedModel> {
    return this.#current.get(reference) ?? this.#bring(reference);
  }

  /**
   * Looks again where every reference leads, and replaces what has moved. What cannot be resolved or loaded leaves
   * the model of before in its place.
   * @returns the references whose model changed
   */
  async refresh(): Promise<string[]> {
    const moved: string[] = [];
    if (this.#current.size === 0) return moved;
    const resolved = await this.#parts.resolve([...this.#current.keys()]);
    for (const [reference, hosted] of this.#current) {
      try {
        const { folder } = found(resolved, reference);
        if (folder === hosted.folder) continue;
        await this.#bring(reference);
        moved.push(reference);
      } catch (error) {
        this.#parts.warn(`${reference} still answers by version ${hosted.version}`, error);
      }
    }
    return moved;
  }

  /** The reference is not served any more. */
  forget(reference: string): void {
    const hosted = this.#current.get(reference);
    this.#current.delete(reference);
    if (hosted !== undefined) this.#releaseUnused(hosted);
  }

  async close(): Promise<void> {
    const all = [...this.#loaded.values()];
    this.#current.clear();
    this.#loaded.clear();
    for (const loading of all) await (await loading.catch(() => null))?.model.close();
  }

  /** Requests that meet while a model is loaded wait for the same one. */
  #bring(reference: string): Promise<Hosted> {
    let loading = this.#loading.get(reference);
    if (loading === undefined) {
      loading = this.#replace(reference).finally(() => this.#loading.delete(reference));
      this.#loading.set(reference, loading);
    }
    return loading;
  }

  async #replace(reference: string): Promise<Hosted> {
    const resolved = found(await this.#parts.resolve([reference]), reference);
    const hosted = await this.#load(resolved);
    const before = this.#current.get(reference);
    this.#current.set(reference, hosted);
    if (before !== undefined && before !== hosted) this.#releaseUnused(before);
    return hosted;
  }

  #load(resolved: ResolvedModel): Promise<Hosted> {
    let loading = this.#loaded.get(resolved.folder);
    if (loading === undefined) {
      loading = this.#parts.load(resolved.folder).then(async (model) => {
        const hosted = new Hosted(resolved, model);
        await hosted.warmUp(this.#parts);
        return hosted;
      });
      this.#loaded.set(resolved.folder, loading);
      // The next request tries again: the files may be there by then.
      loading.catch(() => this.#loaded.delete(resolved.folder));
    }
    return loading;
  }

  #releaseUnused(hosted: Hosted): void {
    if ([...this.#current.values()].includes(hosted)) return;
    this.#loaded.delete(hosted.folder);
    void hosted.drained().then(() => hosted.model.close());
  }
}

function found(resolved: ReadonlyMap<string, ResolvedModel | Error>, reference: string): ResolvedModel {
  const where = resolved.get(reference);
  if (where instanceof Error) throw where;
  if (where === undefined) throw new TradewindError("TW_INTERNAL", `${reference} was not resolved`);
  return where;
}

class Hosted implements HostedModel {
  readonly name: string;
  readonly version: string | null;
  readonly folder: string;
  readonly model: ServedModel;
  readonly #batches: MicroBatches | null;
  #open = 0;
  #whenIdle: (() => void) | null = null;

  constructor({ name, version, folder }: ResolvedModel, model: ServedModel) {
    this.name = name;
    this.version = version;
    this.folder = folder;
    this.model = model;
    // Our own models answer within the call: there is nothing to wait beside.
    this.#batches = model.platform === "tradewind_json" ? null : new MicroBatches(model);
  }

  predict(input: Rows, params: PredictParams): Promise<Prediction> | Prediction {
    if (input.rows.length === 0)
      throw new TradewindError("TW_MODEL_INPUT", "expected at least one row, got none");
    const rows = enforceSignature(this.model.signature, input);
    if (this.#batches === null) return this.model.predict(rows, params);
    return this.#counted(this.#batches.predict(rows, params));
  }

  async warmUp({ warn }: ModelHostParts): Promise<void> {
    if (this.model.inputExample === null) return;
    try {
      const { input, params } = parseInvocation(this.model.inputExample);
      await this.predict(input, params);
    } catch (error) {
      warn(`${this.name} could not be warmed up with its own input example`, error);
    }
  }

  /** Resolves when no request is under way. */
  drained(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => (this.#whenIdle = resolve));
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#open += 1;
    try {
      return await work;
    } finally {
      this.#open -= 1;
      if (this.#open === 0) this.#whenIdle?.();
    }
  }
}
