/** Mail as a task. */
import { TradewindError } from "../../errors.ts";
import type { Mail, SentMail } from "../../providers/smtp.ts";
import { getClient, type TaskClient } from "../context.ts";
import { defineOperator } from "../operator.ts";
import { option } from "../options.ts";

export interface EmailOptions {
  /** Addresses as an array, or in one string with commas or semicolons between them. */
  readonly to: string | readonly string[];
  readonly subject: string;
  /** A template, or the name of a file that ends in `.html`. */
  readonly htmlContent?: string;
  readonly textContent?: string;
  /** Paths of files to attach; templates. */
  readonly files?: readonly string[];
  readonly cc?: string | readonly string[];
  readonly bcc?: string | readonly string[];
  readonly fromEmail?: string;
  readonly replyTo?: string;
  readonly customHeaders?: { readonly [name: string]: string };
  /** Default "smtp_default". */
  readonly connId?: string;
}

const addresses = (required: boolean) =>
  option.that(
    "an address or an array of addresses",
    (value) => [value].flat().every((address) => typeof address === "string" && address !== ""),
    { required },
  );

/**
 * Sends a mail by SMTP (Airflow's EmailOperator).
 *
 * @example
 * dag.add(new EmailOperator({ taskId: "tell", to: "team@example.com", subject: "{{ dag.dag_id }} {{ ds }}", htmlContent: "<b>done</b>" }));
 */
export const EmailOperator = defineOperator<EmailOptions, undefined>({
  name: "EmailOperator",
  options: {
    to: addresses(true),
    subject: option.string({ required: true }),
    htmlContent: option.string(),
    textContent: option.string(),
    files: option.strings(),
    cc: addresses(false),
    bcc: addresses(false),
    fromEmail: option.string(),
    replyTo: option.string(),
    customHeaders: option.stringMap(),
    connId: option.nonEmpty(),
  },
  templateFields: ["to", "subject", "htmlContent", "textContent", "files", "cc", "bcc", "fromEmail"],
  templateExtensions: [".html"],
  uiColor: "#e6faf9",
  validate: ({ htmlContent, textContent }) =>
    htmlContent === undefined && textContent === undefined
      ? "expected htmlContent or textContent, both are missing"
      : undefined,
  async execute(options, context) {
    const sent = await sendMail(getClient(), mailOf(options), options.connId);
    context.logger.info(`sent "${options.subject}" to ${sent.accepted.join(", ")} as ${sent.messageId}`);
    return undefined;
  },
});

function mailOf(options: EmailOptions): Mail {
  const { to, subject, htmlContent, textContent, files, cc, bcc, fromEmail, replyTo, customHeaders } =
    options;
  return {
    to,
    subject,
    ...(htmlContent === undefined ? {} : { html: htmlContent }),
    ...(textContent === undefined ? {} : { text: textContent }),
    ...(files === undefined ? {} : { files }),
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    ...(fromEmail === undefined ? {} : { from: fromEmail }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(customHeaders === undefined ? {} : { headers: customHeaders }),
  };
}

/** Sends by a connection, for operators, notifiers and the mails about failures. */
export async function sendMail(
  client: Pick<TaskClient, "getConnection">,
  mail: Mail,
  connId = "smtp_default",
): Promise<SentMail> {
  const connection = await client.getConnection(connId);
  if (connection === null) {
    throw new TradewindError("TW_MAIL", `expected a connection "${connId}" to send mail by, there is none`, {
      hint: `tradewind connections add ${connId} --conn-uri 'smtp://user:password@host:25?from_email=me%40example.com'`,
    });
  }
  const { SmtpHook } = await import("../../providers/smtp.ts");
  return new SmtpHook(connection).send(mail);
}
