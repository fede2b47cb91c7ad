/**
 * Requests that come while a model is busy wait together and are asked as one: a batch is whatever is waiting, one or
 * a hundred, and no timer delays a lone one. For models that answer many rows nearly as fast as one.
 */
import { TradewindError } from "../../errors.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { ServedModel } from "./served-model.ts";

interface Waiting {
  readonly input: Rows;
  readonly key: string;
  readonly params: PredictParams;
  resolve(prediction: Prediction): void;
  reject(error: unknown): void;
}

/** Rows that go to the model together at most. */
const mostRows = 4096;

export class MicroBatches {
  readonly #model: ServedModel;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(model: ServedModel) {
    this.#model = model;
  }

  predict(input: Rows, params: PredictParams): Promise<Prediction> {
    return new Promise((resolve, reject) => {
      const key = JSON.stringify([params, input.columns]);
      this.#waiting.push({ input, key, params, resolve, reject });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#ask(this.#next());
    this.#busy = false;
  }

  /** Those at the head of the line that can be asked together. */
  #next(): Waiting[] {
    const [first] = this.#waiting as [Waiting];
    let rows = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      rows += waiting.input.rows.length;
      if (waiting.key !== first.key || (count > 0 && rows > mostRows)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch as readonly [Waiting];
    const rows = batch.flatMap(({ input }) => input.rows);
    try {
      const prediction = await this.#model.predict({ columns: first.input.columns, rows }, first.params);
      if (prediction.predictions.length !== rows.length)
        throw new TradewindError(
          "TW_MODEL_FAILED",
          `expected ${rows.length} predictions of the model, got ${prediction.predictions.length}`,
        );
      deal(batch, prediction);
    } catch (error) {
      // One request's bad row must not fail the others: each is asked alone.
      if (batch.length === 1) first.reject(error);
      else for (const waiting of batch) await this.#ask([waiting]);
    }
  }
}

/** Each request gets the part of the answer that is its rows'. */
function deal(batch: readonly Waiting[], { predictions, more }: Prediction): void {
  let from = 0;
  for (const { input, resolve } of batch) {
    const to = from + input.rows.length;
    const part = Object.entries(more).map(([name, values]) => [name, values.slice(from, to)] as const);
    resolve({ predictions: predictions.slice(from, to), more: Object.fromEntries(part) });
    from = to;
  }
}
