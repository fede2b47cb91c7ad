/**
 * NumPy's legacy `RandomState`: Mersenne Twister MT19937 and the draws on it that scikit-learn's splitters make,
 * so that the same seed gives the same split here and in Python.
 *
 * Sources: Matsumoto & Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998); numpy/random/mtrand.pyx and
 * legacy-distributions.c for the order in which numbers are consumed.
 */
import { TradewindError } from "../errors.ts";

const words = 624;
const shift = 397;

export class RandomState {
  readonly #state = new Uint32Array(words);
  #position = words;
  #spareGauss: number | null = null;

  /** `seed` is an integer from 0 to 2³² − 1, as in `numpy.random.RandomState(seed)`. */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new TradewindError("TW_ML_PARAM", `expected a seed from 0 to 4294967295, got ${seed}`);
    }
    let word = seed >>> 0;
    for (let i = 0; i < words; i++) {
      this.#state[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
  }

  /** The next 32 bits, as an unsigned integer. */
  uint32(): number {
    if (this.#position === words) this.#refill();
    let y = this.#state[this.#position++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform in [0, 1) with 53 bits: `random_sample()`. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal by Marsaglia's polar method, in pairs: `randn()`. */
  gauss(): number {
    if (this.#spareGauss !== null) {
      const spare = this.#spareGauss;
      this.#spareGauss = null;
      return spare;
    }
    for (;;) {
      const a = 2 * this.uniform() - 1;
      const b = 2 * this.uniform() - 1;
      const r2 = a * a + b * b;
      if (r2 >= 1 || r2 === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(r2)) / r2);
      this.#spareGauss = factor * a;
      return factor * b;
    }
  }

  /** An integer from 0 to `max`, both included; bits over the smallest mask that covers `max` are drawn again. */
  interval(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** Shuffles in place, as `RandomState.shuffle` does with an array of one dimension. */
  shuffle(values: { [index: number]: number; length: number }): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.interval(i);
      const kept = values[i] as number;
      values[i] = values[j] as number;
      values[j] = kept;
    }
  }

  /** A permutation of 0…n−1, or of a copy of the given integers. */
  permutation(of: number | ArrayLike<number>): Int32Array {
    const values =
      typeof of === "number" ? Int32Array.from({ length: of }, (_, i) => i) : Int32Array.from(of);
    this.shuffle(values);
    return values;
  }

  /** `size` of the values without replacement: `choice(values, size, replace=False)`. */
  choose(values: ArrayLike<number>, size: number): Int32Array {
    return this.permutation(values.length)
      .subarray(0, size)
      .map((position) => values[position] as number);
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < words; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % words] as number) & 0x7fffffff);
      state[i] = (state[(i + shift) % words] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
