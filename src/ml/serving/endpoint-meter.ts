/** Counts what the variants of endpoints do, minute by minute, until somebody writes it down. */
import type { MinuteOfTraffic } from "../../store/endpoint-traffic.ts";
import type { ServedSpan } from "../../store/lineage/uses.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

const minuteMs = 60_000;

interface Counted {
  readonly endpoint: string;
  readonly variant: string;
  readonly modelVersion: string;
  readonly generation: number;
  readonly minute: number;
  requests: number;
  errors: number;
  readonly latency: LatencyHistogram;
}

export interface Measured {
  readonly endpoint: string;
  readonly variant: string;
  /** Empty when no model was there to answer. */
  readonly modelName: string;
  readonly modelVersion: string;
  /** Of the endpoint, when the request came. */
  readonly generation: number;
  readonly failed: boolean;
  /** Milliseconds. */
  readonly latency: number;
}

/** What was counted between two writes. */
export interface Metered {
  readonly minutes: MinuteOfTraffic[];
  /** Which version of which model answered under which variant, and when. */
  readonly served: ServedSpan[];
}

export class EndpointMeter {
  #counted = new Map<string, Counted>();
  #served = new Map<string, ServedSpan>();

  add(measured: Measured, now: number): void {
    const { endpoint, variant, modelName, modelVersion, generation, failed, latency } = measured;
    if (modelName !== "")
      this.#addServed({
        endpoint,
        variant,
        model: modelName,
        version: modelVersion,
        firstAt: now,
        lastAt: now,
      });
    const minute = now - (now % minuteMs);
    const key = keyOf({ endpoint, variant, modelVersion, generation, minute });
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = {
        endpoint,
        variant,
        modelVersion,
        generation,
        minute,
        requests: 0,
        errors: 0,
        latency: new LatencyHistogram(),
      };
      this.#counted.set(key, counted);
    }
    counted.requests += 1;
    if (failed) counted.errors += 1;
    counted.latency.add(latency);
  }

  /** What was counted since the last call. */
  take(): Metered {
    const taken = [...this.#counted.values()];
    const served = [...this.#served.values()];
    this.#counted = new Map();
    this.#served = new Map();
    return {
      minutes: taken.map(({ latency, ...counted }) => ({ ...counted, latency: latency.counts })),
      served,
    };
  }

  /** Of minutes that could not be written down: they are counted again with the next ones. */
  putBack({ minutes, served }: Metered): void {
    for (const span of served) this.#addServed(span);
    for (const { latency, ...minute } of minutes) {
      const key = keyOf(minute);
      const newer = this.#counted.get(key);
      const sums = latency.map((count, bucket) => count + (newer?.latency.counts[bucket] ?? 0));
      this.#counted.set(key, {
        ...minute,
        requests: minute.requests + (newer?.requests ?? 0),
        errors: minute.errors + (newer?.errors ?? 0),
        latency: new LatencyHistogram(sums),
      });
    }
  }

  #addServed(span: ServedSpan): void {
    const key = JSON.stringify([span.endpoint, span.variant, span.model, span.version]);
    const known = this.#served.get(key);
    const firstAt = Math.min(span.firstAt, known?.firstAt ?? span.firstAt);
    const lastAt = Math.max(span.lastAt, known?.lastAt ?? span.lastAt);
    this.#served.set(key, { ...span, firstAt, lastAt });
  }
}

type Place = Pick<MinuteOfTraffic, "endpoint" | "variant" | "modelVersion" | "generation" | "minute">;

function keyOf({ endpoint, variant, modelVersion, generation, minute }: Place): string {
  return `${endpoint}\n${variant}\n${modelVersion}\n${generation}\n${minute}`;
}
