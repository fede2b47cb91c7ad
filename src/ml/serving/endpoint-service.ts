/**
 * Answers for endpoints: keeps their rows and their models at hand, chooses a variant for each request, asks shadows
 * beside it, falls back when a canary breaks, and goes back by itself when a guardrail is broken.
 *
 * Lifecycle: `start` listens for changes of endpoints and of what references lead to, with a slow look behind it in case
 * one was not heard; a request that comes first has the endpoints read at once. `stop` writes down what was counted and
 * closes the models.
 */
import { randomBytes } from "node:crypto";
import { requestId } from "../../core/request-id.ts";
import { TradewindError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { Database } from "../../store/connect.ts";
import { addTraffic } from "../../store/endpoint-traffic.ts";
import { changeTraffic, type EndpointRow, listEndpoints } from "../../store/endpoints.ts";
import { recordServed } from "../../store/lineage/uses.ts";
import { type Listener, listen } from "../../store/notify.ts";
import { isServingNews } from "../../store/serving-news.ts";
import type { Clock, Timer } from "../../time.ts";
import { EndpointMeter } from "./endpoint-meter.ts";
import { GuardrailWatch } from "./guardrails.ts";
import type { HostedModel, ModelHost } from "./model-host.ts";
import type { RequestLog } from "./request-log.ts";
import type { LoggedRequest } from "./request-log-table.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import { chooseVariant, pointOfKey, type Variant } from "./traffic-split.ts";

export interface EndpointServiceParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: ModelHost;
  readonly requestLog: RequestLog;
}

export interface EndpointAnswer {
  readonly requestId: string;
  readonly variant: string;
  readonly model: HostedModel;
  readonly prediction: Prediction;
}

export interface EndpointRequest {
  readonly input: Rows;
  readonly params: PredictParams;
  /** Requests of one key are answered by one variant. Null: by chance. */
  readonly key: string | null;
}

const writeEveryMs = 5000;

export class EndpointService {
  readonly #parts: EndpointServiceParts;
  readonly #meter = new EndpointMeter();
  readonly #watch = new GuardrailWatch();
  #endpoints = new Map<string, EndpointRow>();
  #timer: Timer | null = null;
  #listener: Listener | null = null;
  #looking: Promise<void> | null = null;
  /** Something changed while a look was under way. */
  #lookAgain = false;
  #stopped = false;

  constructor(parts: EndpointServiceParts) {
    this.#parts = parts;
  }

  start(): void {
    const { database, clock } = this.#parts;
    this.#listener = listen(database, {
      clock,
      onPayload: (payload) => isServingNews(payload) && this.#look(),
      onGap: () => this.#look(),
    });
    this.#later();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#listener?.stop();
    await this.#looking;
    await this.writeDown();
    await this.#parts.requestLog.stop();
    await this.#parts.host.close();
  }

  /** What comes while a look is under way is looked at after it, once. */
  #look(): void {
    if (this.#stopped) return;
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.runOnce()
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, "endpoints could not be looked at"))
      .finally(() => {
        this.#looking = null;
        if (!this.#lookAgain) return;
        this.#lookAgain = false;
        this.#look();
      });
  }

  /** One look at the endpoints and at where the references of their models lead: two queries, whatever their number. */
  async runOnce(): Promise<void> {
    const { database, host } = this.#parts;
    const rows = await listEndpoints(database);
    const served = new Set(rows.flatMap(({ variants }) => variants.map(({ model }) => model)));
    for (const { variants } of this.#endpoints.values())
      for (const { model } of variants) if (!served.has(model)) host.forget(model);
    this.#endpoints = new Map(rows.map((row) => [row.name, row]));
    await host.refresh();
  }

  /**
   * @throws TradewindError TW_ENDPOINT_NOT_FOUND; TW_MODEL_INPUT for rows that the model cannot work with; whatever
   *   loading the model throws.
   */
  async answer(name: string, request: EndpointRequest): Promise<EndpointAnswer> {
    const endpoint = this.#endpoints.get(name) ?? (await this.#readNow(name));
    const point = pointOfKey(request.key ?? randomBytes(16).toString("hex"), name);
    const variant = chooseVariant(endpoint.variants, point);
    for (const shadow of endpoint.variants)
      if (shadow.shadow) void this.#ask(endpoint, shadow, request).catch(() => undefined);
    try {
      return await this.#ask(endpoint, variant, request);
    } catch (error) {
      const fallback = fallbackOf(endpoint, variant);
      // What the caller sent is the caller's to mend; a broken canary is not.
      if (isAboutInput(error) || fallback === null) throw error;
      this.#parts.log.warn(
        { err: error, endpoint: name, variant: variant.name },
        "a variant failed; another answers",
      );
      return await this.#ask(endpoint, fallback, request);
    }
  }

  /** The model that most requests are answered by. */
  async describe(name: string): Promise<HostedModel> {
    const endpoint = this.#endpoints.get(name) ?? (await this.#readNow(name));
    const [most] = [...endpoint.variants].sort((a, b) => b.weight - a.weight) as [Variant];
    return this.#parts.host.get(most.model);
  }

  names(): readonly string[] {
    return [...this.#endpoints.keys()];
  }

  async #ask(endpoint: EndpointRow, variant: Variant, request: EndpointRequest): Promise<EndpointAnswer> {
    const { host } = this.#parts;
    const begun = performance.now();
    let model: HostedModel | null = null;
    let prediction: Prediction | null = null;
    let id: string | null = null;
    let failed = false;
    try {
      const ready = host.get(variant.model);
      model = ready instanceof Promise ? await ready : ready;
      prediction = await model.predict(request.input, request.params);
      id = this.#newId(endpoint, variant, model);
      return { requestId: id, variant: variant.name, model, prediction };
    } catch (error) {
      failed = !isAboutInput(error);
      throw error;
    } finally {
      const latency = performance.now() - begun;
      this.#count(endpoint, variant, { model, failed, latency });
      // What the caller got wrong says nothing of the model, and is not kept.
      if (endpoint.requestLog !== null && (failed || prediction !== null))
        this.#keep(endpoint, variant, request, {
          requestId: id ?? this.#newId(endpoint, variant, model),
          modelVersion: model?.version ?? "",
          latency,
          prediction,
        });
    }
  }

  #newId(endpoint: EndpointRow, variant: Variant, model: HostedModel | null): string {
    const by = model === null ? { model: "", version: null } : versionOf(model);
    const at = this.#parts.clock.now();
    return requestId({ endpoint: endpoint.name, variant: variant.name, ...by, at }, randomBytes(16));
  }

  #count(
    endpoint: EndpointRow,
    variant: Variant,
    { model, failed, latency }: { model: HostedModel | null; failed: boolean; latency: number },
  ): void {
    this.#meter.add(
      {
        endpoint: endpoint.name,
        variant: variant.name,
        modelName: model?.name ?? "",
        modelVersion: model?.version ?? "",
        generation: endpoint.generation,
        failed,
        latency,
      },
      this.#parts.clock.now(),
    );
    const broken = this.#watch.add(endpoint, variant.name, { failed, latency });
    if (broken !== null) void this.#goBack(endpoint, variant, broken);
  }

  #keep(
    { name, requestLog }: EndpointRow,
    variant: Variant,
    { input }: EndpointRequest,
    seen: Pick<LoggedRequest, "requestId" | "modelVersion" | "latency" | "prediction">,
  ): void {
    if (requestLog === null) return;
    const time = this.#parts.clock.now();
    const request = { ...seen, endpoint: name, variant: variant.name, time, input };
    this.#parts.requestLog.add(request, requestLog.sample);
  }

  /** A canary that broke a guardrail gives its traffic to the others, once. */
  async #goBack(endpoint: EndpointRow, variant: Variant, reason: string): Promise<void> {
    const { database, clock, log } = this.#parts;
    const others = endpoint.variants.filter(({ name, weight }) => name !== variant.name && weight > 0);
    const sum = others.reduce((total, { weight }) => total + weight, 0);
    if (sum === 0) return;
    const variants = endpoint.variants.map((one) => {
      if (one.name === variant.name) return { ...one, weight: 0 };
      return others.includes(one) ? { ...one, weight: (one.weight / sum) * 100 } : one;
    });
    const change = { kind: "guardrail", variants, reason, generation: endpoint.generation } as const;
    try {
      const row = await changeTraffic(database, endpoint.name, change, { now: clock.now(), actor: null });
      this.#endpoints.set(row.name, row);
      log.error(
        { endpoint: endpoint.name, variant: variant.name, reason },
        "a guardrail was broken; the variant gets no more traffic",
      );
    } catch (error) {
      // Somebody changed the traffic in between: what they chose stands.
      log.warn(
        { err: error, endpoint: endpoint.name },
        "a guardrail was broken; the traffic had been changed already",
      );
    }
  }

  async #readNow(name: string): Promise<EndpointRow> {
    await this.runOnce();
    const row = this.#endpoints.get(name);
    if (row === undefined) throw new TradewindError("TW_ENDPOINT_NOT_FOUND", `there is no endpoint ${name}`);
    return row;
  }

  /** What was counted since the last time. */
  async writeDown(): Promise<void> {
    const { database, log } = this.#parts;
    const { minutes, served } = this.#meter.take();
    if (minutes.length === 0) return;
    try {
      await database.transaction(async (tx) => {
        await addTraffic(tx, minutes);
        await recordServed(tx, served);
      });
    } catch (error) {
      this.#meter.putBack({ minutes, served });
      log.warn({ err: error }, "the traffic of endpoints could not be written down yet");
    }
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.after(writeEveryMs, () => {
      void this.writeDown().then(() => this.#later());
    });
  }
}

const versionOf = ({ name, version }: HostedModel) => ({ model: name, version });

/** The variant with the most traffic, unless it is the one that failed. */
function fallbackOf(endpoint: EndpointRow, failed: Variant): Variant | null {
  const [most] = endpoint.variants.filter(({ shadow }) => !shadow).sort((a, b) => b.weight - a.weight);
  return most === undefined || most.name === failed.name ? null : most;
}

function isAboutInput(error: unknown): boolean {
  return error instanceof TradewindError && error.code === "TW_MODEL_INPUT";
}
