/**
 * What PostgreSQL and the network say, as errors of the catalogue. Messages name the server, the database and
 * the user, never the password. A violated constraint is left as it is: the aggregate knows what it means.
 */
import { DatabaseError } from "pg";
import type { ErrorCode } from "../errors.ts";
import { TradewindError } from "../errors.ts";

interface Rule {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint?: string;
  /** About what was asked, not about the server: the message is for whoever asked, and does not say where it is. */
  readonly isOfTheRequest?: boolean;
}

const unavailable: Rule = { code: "TW_DATABASE_UNAVAILABLE", says: "expected an answer" };
const login: Rule = {
  code: "TW_DATABASE_LOGIN",
  says: "expected to be let in",
  hint: "check the user and the password in the database's URL, and the server's pg_hba.conf",
};

const outOfRange: Rule = {
  code: "TW_DATABASE_RANGE",
  says: "expected a value that the column can hold",
  hint: "nothing can have a number or a date that large",
  isOfTheRequest: true,
};

/** By SQLSTATE (PostgreSQL, appendix A). */
const byState: Readonly<Record<string, Rule>> = {
  "22003": outOfRange,
  "22007": outOfRange,
  "22008": outOfRange,
  "22009": outOfRange,
  "25006": {
    code: "TW_DATABASE_READ_ONLY",
    says: "expected to be able to write",
    hint: "the server is a standby, or default_transaction_read_only is on",
  },
  "28000": login,
  "28P01": login,
  "3D000": {
    code: "TW_DATABASE_MISSING",
    says: "expected the database to exist",
    hint: "create it with CREATE DATABASE, then run `tradewind db migrate`",
  },
  "42P01": {
    code: "TW_DATABASE_NOT_MIGRATED",
    says: "expected the tables of this version",
    hint: "run `tradewind db migrate`",
  },
  "53100": {
    code: "TW_DATABASE_FULL",
    says: "expected room on the server's disk",
    hint: "free space, or run `tradewind db clean`; work goes on by itself afterwards",
  },
  "53300": {
    code: "TW_DATABASE_CONNECTIONS",
    says: "expected a free connection",
    hint: "raise the server's max_connections, or lower database.pool_size",
  },
};

/** Codes of Node, and texts of `pg`, that mean that the connection is gone or never was. */
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EACCES",
]);
const brokenTexts =
  /Connection terminated|not queryable|Client was closed|timeout exceeded when trying to connect|Connection ended/;

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function ruleOf(error: unknown): Rule | undefined {
  const code = codeOf(error);
  if (code in byState) return byState[code];
  // 08: connection exceptions; 57P01…04: the server was told to stop, or crashed, or is starting.
  if (/^08|^57P0[1-4]/.test(code) || networkCodes.has(code)) return unavailable;
  if (error instanceof Error && brokenTexts.test(error.message)) return unavailable;
  if (error instanceof AggregateError && error.errors.length > 0) return ruleOf(error.errors[0]);
  return undefined;
}

/** `where` is `describeTarget(url)`. Errors that no rule knows come back unchanged. */
export function translateError(error: unknown, where: string): unknown {
  if (error instanceof TradewindError) return error;
  const rule = ruleOf(error);
  if (rule === undefined) return error;
  const said = error instanceof Error && error.message !== "" ? error.message : codeOf(error);
  const place = rule.isOfTheRequest === true ? "" : ` from PostgreSQL at ${where}`;
  return new TradewindError(rule.code, `${rule.says}${place}, got: ${said}`, {
    hint: rule.hint ?? `check that the server runs and can be reached`,
    cause: error,
  });
}

/** True when the statement may be tried again on a new connection, or later on this one. */
export function isConnectionLost(error: unknown): boolean {
  return (error instanceof TradewindError ? error.code : ruleOf(error)?.code) === "TW_DATABASE_UNAVAILABLE";
}

/** Deadlock or serialization failure: the same transaction may be tried again at once. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes(codeOf(error));
}

/** Name of the constraint or unique index that refused the statement, e.g. `dag_run_logical_date`. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof DatabaseError && error.code?.startsWith("23") ? error.constraint : undefined;
}
