/** Counts what the variants of endpoints do, minute by minute, until somebody writes it down. */
import type { MinuteOfTraffic } from "../../store/endpoint-traffic.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

const minuteMs = 60_000;

interface Counted {
  readonly endpoint: string;
  readonly variant: string;
  readonly modelVersion: string;
  readonly minute: number;
  requests: number;
  errors: number;
  readonly latency: LatencyHistogram;
}

export interface Measured {
  readonly endpoint: string;
  readonly variant: string;
  readonly modelVersion: string;
  readonly failed: boolean;
  /** Milliseconds. */
  readonly latency: number;
}

export class EndpointMeter {
  #counted = new Map<string, Counted>();

  add({ endpoint, variant, modelVersion, failed, latency }: Measured, now: number): void {
    const minute = now - (now % minuteMs);
    const key = `${endpoint}\n${variant}\n${modelVersion}\n${minute}`;
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = {
        endpoint,
        variant,
        modelVersion,
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
  take(): MinuteOfTraffic[] {
    const taken = [...this.#counted.values()];
    this.#counted = new Map();
    return taken.map(({ latency, ...counted }) => ({ ...counted, latency: latency.counts }));
  }

  /** Of minutes that could not be written down: they are counted again with the next ones. */
  putBack(minutes: readonly MinuteOfTraffic[]): void {
    for (const { latency, ...minute } of minutes) {
      const key = `${minute.endpoint}\n${minute.variant}\n${minute.modelVersion}\n${minute.minute}`;
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
}
