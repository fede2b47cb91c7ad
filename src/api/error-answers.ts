/**
 * Errors as answers, in the form of the area that was asked. Neither a stack nor the text of an unexpected error
 * goes out: it is in the log, under the request's id.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { type ErrorCode, TradewindError } from "../errors.ts";
import type { ApiApp } from "./app.ts";
import { HttpProblem } from "./http-problem.ts";
import { type Complaint, InvalidRequest } from "./invalid-request.ts";

export type ErrorStyle = "airflow" | "mlflow";

interface Answer {
  readonly status: number;
  readonly detail: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errorCode?: string | undefined;
}

/** For an area's own scope; what is registered below it inherits it. */
export function answerErrors(app: ApiApp, style: ErrorStyle): void {
  app.setErrorHandler((error, request, reply) => {
    const answer = answerOf(error as Error);
    if (answer.status >= 500) request.log.error({ err: error }, "a request failed");
    send(reply, style, answer);
  });
}

/** No route has that path, or none for that method. */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const style: ErrorStyle = /^\/(ajax-)?api\/[23]\.0\/mlflow/.test(request.url) ? "mlflow" : "airflow";
  send(reply, style, { status: 404, detail: "Not Found", errorCode: "ENDPOINT_NOT_FOUND" });
}

function send(reply: FastifyReply, style: ErrorStyle, answer: Answer): void {
  reply.code(style === "mlflow" && answer.status === 422 ? 400 : answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
  // Written here, past the schema of the route's good answers.
  const body = style === "airflow" ? { detail: answer.detail } : mlflowBody(answer);
  reply.header("content-type", "application/json; charset=utf-8");
  reply.serializer((text: unknown) => text as string);
  reply.send(JSON.stringify(body));
}

const mlflowCodes: Readonly<Record<number, string>> = {
  400: "INVALID_PARAMETER_VALUE",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "RESOURCE_DOES_NOT_EXIST",
  409: "RESOURCE_ALREADY_EXISTS",
  413: "INVALID_PARAMETER_VALUE",
  415: "INVALID_PARAMETER_VALUE",
  422: "INVALID_PARAMETER_VALUE",
  429: "REQUEST_LIMIT_EXCEEDED",
  501: "NOT_IMPLEMENTED",
  503: "TEMPORARILY_UNAVAILABLE",
};

/** Where it is not the usual one of the status. */
const mlflowCodeOf: Partial<Readonly<Record<ErrorCode, string>>> = {
  TW_TRACKING_EXISTS: "RESOURCE_ALREADY_EXISTS",
  TW_ARTIFACT_STORE: "TEMPORARILY_UNAVAILABLE",
  TW_RUN_STOPPED: "INVALID_STATE",
};

function mlflowBody({ status, detail, errorCode }: Answer): { error_code: string; message: string } {
  const text = Array.isArray(detail)
    ? (detail as Complaint[]).map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`).join("; ")
    : typeof detail === "string"
      ? detail
      : JSON.stringify(detail);
  return { error_code: errorCode ?? mlflowCodes[status] ?? "INTERNAL_ERROR", message: text };
}

function answerOf(error: Error): Answer {
  if (error instanceof HttpProblem) return error;
  if (error instanceof InvalidRequest) return { status: 422, detail: error.complaints };
  if (error instanceof TradewindError) return ofTradewind(error);
  const { statusCode, message } = error as FastifyError;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, detail: message };
  return { status: 500, detail: "Internal Server Error" };
}

function ofTradewind(error: TradewindError): Answer {
  const { httpStatus, summary } = error.kind;
  if (httpStatus < 500)
    return {
      status: httpStatus,
      detail: error.hint ? `${error.message} (${error.hint})` : error.message,
      errorCode: mlflowCodeOf[error.code],
    };
  // What is not there is no secret, and a client has to be told which.
  if (httpStatus === 501) return { status: httpStatus, detail: error.message };
  return { status: httpStatus, detail: error.code === "TW_INTERNAL" ? "Internal Server Error" : summary };
}
