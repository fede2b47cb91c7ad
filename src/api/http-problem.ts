/**
 * An answer that is an error and has the very text that clients of the area expect. Everything else throws a
 * `TradewindError`, whose code has a status of its own.
 */
export class HttpProblem extends Error {
  readonly status: number;
  /** Airflow's `detail`: a text, or whatever its own API answers there. */
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** MLflow's `error_code`, where it is not the usual one of the status. */
  readonly errorCode: string | undefined;

  constructor(
    status: number,
    detail: unknown,
    more: { headers?: Record<string, string>; errorCode?: string } = {},
  ) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
    this.name = "HttpProblem";
    this.status = status;
    this.detail = detail;
    this.headers = more.headers ?? {};
    this.errorCode = more.errorCode;
  }
}
