/** Watches the latest requests of each variant against the guardrails of its endpoint. */
import type { EndpointRow, Guardrails } from "../../store/endpoints.ts";

export interface Seen {
  readonly failed: boolean;
  /** Milliseconds. */
  readonly latency: number;
}

/** Requests that a variant is judged by: the latest ones. */
const windowSize = 1000;
export const defaultMinimum = 50;
/** A look sorts the window: not with every request. */
const lookEvery = 10;

/**
 * What is broken, in words; null while all is well or too little was seen. Only a variant whose upper bound the
 * evidence has passed is judged: with few requests one failure is no rate.
 */
export function brokenGuardrail(guardrails: Guardrails, seen: readonly Seen[]): string | null {
  const {
    max_error_rate: maxErrors,
    max_p99_ms: maxP99,
    min_requests: minimum = defaultMinimum,
  } = guardrails;
  if (seen.length < minimum) return null;
  if (maxErrors !== undefined) {
    const rate = seen.filter(({ failed }) => failed).length / seen.length;
    if (rate > maxErrors)
      return `error rate ${rate.toFixed(4)} of the last ${seen.length} requests is above ${maxErrors}`;
  }
  if (maxP99 !== undefined) {
    const sorted = seen.map(({ latency }) => latency).sort((a, b) => a - b);
    const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
    if (p99 > maxP99)
      return `p99 ${p99.toFixed(1)} ms of the last ${seen.length} requests is above ${maxP99} ms`;
  }
  return null;
}

export class GuardrailWatch {
  /** The latest requests by endpoint, generation and variant: a change of the traffic begins anew. */
  readonly #seen = new Map<string, { readonly latest: Seen[]; sinceLook: number }>();

  /** @returns what this request broke, or null. */
  add({ name, generation, guardrails, variants }: EndpointRow, variant: string, seen: Seen): string | null {
    if (guardrails === null || !isCanary(variants, variant)) return null;
    const key = `${name}\n${generation}\n${variant}`;
    let watched = this.#seen.get(key);
    if (watched === undefined) {
      this.#forget(name);
      this.#seen.set(key, (watched = { latest: [], sinceLook: 0 }));
    }
    const { latest } = watched;
    latest.push(seen);
    if (latest.length > windowSize) latest.shift();
    watched.sinceLook += 1;
    if (watched.sinceLook < lookEvery) return null;
    watched.sinceLook = 0;
    const broken = brokenGuardrail(guardrails, latest);
    if (broken !== null) this.#seen.delete(key);
    return broken;
  }

  #forget(endpoint: string): void {
    const variants = [...this.#seen.keys()].filter((key) => key.startsWith(`${endpoint}\n`));
    // Both sides of a split are kept; what is older is of earlier generations.
    if (variants.length > 16) for (const key of variants) this.#seen.delete(key);
  }
}

/** The variant with the most traffic is what one goes back to; it has nothing to go back to itself. */
export function isCanary(variants: EndpointRow["variants"], variant: string): boolean {
  const most = Math.max(...variants.map(({ weight }) => weight));
  const one = variants.find(({ name }) => name === variant);
  return one !== undefined && !one.shadow && one.weight > 0 && one.weight < most;
}
