/** Mail as a callback. */
import { BaseNotifier } from "../callbacks.ts";
import { getClient, type TaskContext } from "../context.ts";
import { sendMail } from "../operators/email.ts";

export interface SmtpNotifierOptions {
  readonly to: string | readonly string[];
  /** Default: Dag, task and what happened. */
  readonly subject?: string;
  readonly htmlContent?: string;
  readonly textContent?: string;
  readonly fromEmail?: string;
  readonly cc?: string | readonly string[];
  readonly bcc?: string | readonly string[];
  readonly files?: readonly string[];
  /** Default "smtp_default". */
  readonly connId?: string;
}

/**
 * Sends a mail about what happened (Airflow's SmtpNotifier). All of its texts are templates.
 *
 * @example
 * new Dag("train", { onFailureCallback: new SmtpNotifier({ to: "team@example.com", subject: "{{ dag.dag_id }} failed" }) });
 */
export class SmtpNotifier extends BaseNotifier {
  override readonly templateFields = ["options"];
  readonly options: SmtpNotifierOptions;
  constructor(options: SmtpNotifierOptions) {
    super();
    this.options = options;
  }

  async notify(context: TaskContext): Promise<void> {
    const { to, subject, htmlContent, textContent, fromEmail, cc, bcc, files, connId } = this.options;
    const text = textContent ?? (htmlContent === undefined ? summaryOf(context) : undefined);
    const mail = {
      to,
      subject: subject ?? `${context.dagId}.${context.taskId}: ${context.reason || "done"}`.slice(0, 200),
      ...(htmlContent === undefined ? {} : { html: htmlContent }),
      ...(text === undefined ? {} : { text }),
      ...(fromEmail === undefined ? {} : { from: fromEmail }),
      ...(cc === undefined ? {} : { cc }),
      ...(bcc === undefined ? {} : { bcc }),
      ...(files === undefined ? {} : { files }),
    };
    await sendMail(getClient(), mail, connId);
  }
}

/** What every notifier says where it is not told what. */
export function summaryOf(context: TaskContext): string {
  const instance = context.mapIndex < 0 ? context.taskId : `${context.taskId}[${context.mapIndex}]`;
  const lines = [
    `Dag: ${context.dagId}`,
    `Task: ${instance}`,
    `Run: ${context.runId}`,
    `Try: ${context.tryNumber}`,
  ];
  return [...lines, ...(context.reason ? [`Reason: ${context.reason}`] : [])].join("\n");
}
