/** Mail by SMTP. */
import { TradewindError } from "../errors.ts";
import type { ConnectionResult } from "../sdk/context.ts";
import { extraFlag, extraOf, extraText } from "./connection-fields.ts";

export interface Mail {
  readonly to: string | readonly string[];
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly cc?: string | readonly string[];
  readonly bcc?: string | readonly string[];
  readonly from?: string;
  readonly replyTo?: string;
  /** Paths of files to attach. */
  readonly files?: readonly string[];
  readonly headers?: { readonly [name: string]: string };
}

export interface SentMail {
  readonly messageId: string;
  readonly accepted: string[];
  readonly rejected: string[];
}

/**
 * Sends by a connection of type smtp: host, port (25; 465 with `ssl`), login, password; its extra may hold
 * `from_email`, `disable_ssl`, `disable_tls`, `ssl`, `starttls` ("required"), `timeout` (seconds), `retry_limit`.
 */
export class SmtpHook {
  readonly #connection: ConnectionResult;
  constructor(connection: ConnectionResult) {
    this.#connection = connection;
  }

  /** @throws TW_MAIL where no recipient took it */
  async send(mail: Mail): Promise<SentMail> {
    const connection = this.#connection;
    const { createTransport } = await import("nodemailer");
    const extra = extraOf(connection);
    const from = mail.from ?? extraText(extra, "from_email", "fromEmail", "from") ?? connection.login;
    if (!from) {
      throw new TradewindError("TW_MAIL", `expected a sender for "${mail.subject}"`, {
        hint: `give fromEmail, or from_email in the extra of connection "${connection.id}"`,
      });
    }
    const transport = createTransport(transportSettings(connection, extra));
    try {
      const sent = await transport.sendMail({
        from,
        to: listOf(mail.to),
        cc: listOf(mail.cc),
        bcc: listOf(mail.bcc),
        subject: mail.subject,
        ...(mail.text === undefined ? {} : { text: mail.text }),
        ...(mail.html === undefined ? {} : { html: mail.html }),
        ...(mail.replyTo === undefined ? {} : { replyTo: mail.replyTo }),
        attachments: (mail.files ?? []).map((path) => ({ path })),
        headers: { ...mail.headers },
      });
      return {
        messageId: sent.messageId,
        accepted: sent.accepted.map(String),
        rejected: sent.rejected.map(String),
      };
    } catch (cause) {
      const where = `${connection.host ?? "localhost"}:${connection.port ?? 25}`;
      throw new TradewindError(
        "TW_MAIL",
        `expected ${where} to take the mail "${mail.subject}", got: ${(cause as Error).message}`,
        { cause },
      );
    } finally {
      transport.close();
    }
  }
}

/** Connects and signs in without sending anything. @throws TW_MAIL when that fails */
export async function checkSmtp(connection: ConnectionResult): Promise<string> {
  const { createTransport } = await import("nodemailer");
  const settings = transportSettings(connection, extraOf(connection));
  const transport = createTransport(settings);
  try {
    await transport.verify();
    return `the mail server ${settings.host}:${settings.port} answers`;
  } catch (cause) {
    throw new TradewindError(
      "TW_MAIL",
      `expected a mail server on ${settings.host}:${settings.port}, got: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    transport.close();
  }
}

function transportSettings(connection: ConnectionResult, extra: { [name: string]: unknown }) {
  const port = connection.port ?? (extraFlag(extra, "ssl", false) ? 465 : 25);
  const secure = extraFlag(extra, "ssl", port === 465) && !extraFlag(extra, "disable_ssl", false);
  const seconds = Number(extraText(extra, "timeout") ?? 30);
  return {
    host: connection.host ?? "localhost",
    port,
    secure,
    ignoreTLS: !secure && extraFlag(extra, "disable_tls", false),
    requireTLS: extraText(extra, "starttls") === "required",
    tls: { rejectUnauthorized: extraFlag(extra, "verify", true) },
    ...(connection.login ? { auth: { user: connection.login, pass: connection.password ?? "" } } : {}),
    connectionTimeout: seconds * 1000,
    greetingTimeout: seconds * 1000,
    socketTimeout: seconds * 1000,
  };
}

/** Airflow takes "a@x, b@x; c@x" as well as a list. */
function listOf(value: string | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  const list = typeof value === "string" ? value.split(/[,;]/) : value;
  return list.map((address) => address.trim()).filter((address) => address !== "");
}
