/** Random bytes, drawn many at a time: asking the system for sixteen costs as much as asking for thousands. */
import { randomFillSync } from "node:crypto";

const poolBytes = 4096;

export class RandomPool {
  readonly #pool = new Uint8Array(poolBytes);
  #used = poolBytes;

  /** Bytes that nobody else gets, good until the next call. @param count At most 4096. */
  take(count: number): Uint8Array {
    if (this.#used + count > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += count;
    return this.#pool.subarray(this.#used - count, this.#used);
  }
}
