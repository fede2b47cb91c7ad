/**
 * One model behind a port of its own, as `mlflow models serve` does it: `/invocations` and the Open Inference
 * Protocol, without sign-in. For a network of its own or this machine; what needs people and traffic is an endpoint.
 */
import type { AddressInfo } from "node:net";
import fastify, { LogController } from "fastify";
import { requestIdBy, whoAnswered } from "../../core/request-id.ts";
import { TradewindError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { EndpointAnswer, EndpointRequest } from "../../ml/serving/endpoint-service.ts";
import type { HostedModel, ModelHost } from "../../ml/serving/model-host.ts";
import { RandomPool } from "../../ml/serving/random-pool.ts";
import type { Prediction } from "../../ml/serving/rows.ts";
import type { Database } from "../../store/connect.ts";
import { type Listener, listen } from "../../store/notify.ts";
import { isServingNews } from "../../store/serving-news.ts";
import type { Clock } from "../../time.ts";
import type { ApiApp } from "../app.ts";
import { readJsonBodies } from "../bodies.ts";
import { answerErrors, answerNotFound } from "../error-answers.ts";
import { validateWithZod } from "../validation.ts";
import type { Answering } from "./answering.ts";
import { registerInferenceProtocol } from "./inference-protocol.ts";
import { readScoringBodies, registerInvocations, registerScoringHealth } from "./invocations.ts";

export interface ModelServerOptions {
  readonly host: ModelHost;
  /** `models:/iris@champion`, or a folder. */
  readonly reference: string;
  /** The name under the Open Inference Protocol. */
  readonly name: string;
  /** Told there when an alias moves; null where the model is a folder, which does not. */
  readonly database: Pick<Database, "connect"> | null;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ModelServer {
  listen(address: { host: string; port: number }): Promise<string>;
  stop(): Promise<void>;
}

const mostBodyBytes = 64 * 1024 * 1024;

/** Resolves when the model is loaded and warm. @throws whatever resolving and loading it throws. */
export async function createModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { host, log, reference } = options;
  const first = await host.get(reference);
  log.info(
    { model: first.name, version: first.version, platform: first.model.platform },
    "the model is loaded",
  );
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: mostBodyBytes,
    // Nothing is logged of a request but what broke; a logger of its own would cost each more than its prediction.
    childLoggerFactory: (logger) => logger,
  }) as unknown as ApiApp;
  validateWithZod(app);
  app.setNotFoundHandler(answerNotFound);
  readJsonBodies(app);
  answerErrors(app, "mlflow");
  const answering = answeringBy(options);
  registerScoringHealth(app);
  await app.register(async (scope) =>
    registerInferenceProtocol(scope as unknown as ApiApp, "public", answering),
  );
  await app.register(async (scope) => {
    readScoringBodies(scope as unknown as ApiApp);
    registerInvocations(
      scope as unknown as ApiApp,
      { path: "/invocations", only: options.name, access: "public" },
      answering,
    );
  });
  const reload = keepFresh(options);
  return {
    async listen(address) {
      try {
        await app.listen(address);
      } catch (cause) {
        throw new TradewindError(
          "TW_API_PORT",
          `expected a free port, got ${address.host}:${address.port}: ${(cause as Error).message}`,
          { cause, hint: "--port chooses another" },
        );
      }
      return `http://${address.host}:${(app.server.address() as AddressInfo).port}`;
    },
    async stop() {
      await reload?.stop();
      await app.close();
      await host.close();
    },
  };
}

function answeringBy({ host, reference, name, clock }: ModelServerOptions): Answering {
  const find = (asked: string): Promise<HostedModel> | HostedModel => {
    if (asked === name) return host.get(reference);
    throw new TradewindError("TW_ENDPOINT_NOT_FOUND", `expected the model ${name}, got ${asked}`);
  };
  const random = new RandomPool();
  const whoOf = new WeakMap<HostedModel, string>();
  const answerBy = (model: HostedModel, prediction: Prediction): EndpointAnswer => {
    let who = whoOf.get(model);
    if (who === undefined) {
      who = whoAnswered({ endpoint: name, variant: name, model: model.name, version: model.version });
      whoOf.set(model, who);
    }
    return { requestId: requestIdBy(who, clock.now(), random.take(16)), variant: name, model, prediction };
  };
  const ask = (model: HostedModel, { input, params }: EndpointRequest) => {
    const prediction = model.predict(input, params);
    if (!(prediction instanceof Promise)) return answerBy(model, prediction);
    return prediction.then((own) => answerBy(model, own));
  };
  return {
    describe: async (asked) => find(asked),
    names: () => [name],
    answer(asked, request) {
      const model = find(asked);
      return model instanceof Promise ? model.then((own) => ask(own, request)) : ask(model, request);
    },
  };
}

/** An alias that moves is followed at once; requests never wait for it. */
function keepFresh({ host, database, clock, log }: ModelServerOptions): Listener | null {
  if (database === null) return null;
  const look = (): void => {
    host.refresh().then(
      (moved) => moved.forEach((reference) => log.info({ reference }, "another version answers now")),
      (error: unknown) => log.warn({ err: error }, "the registry could not be looked at"),
    );
  };
  const onPayload = (payload: string): void => {
    if (isServingNews(payload)) look();
  };
  return listen(database, { clock, onPayload, onGap: look });
}
