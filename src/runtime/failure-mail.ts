/** The mail of `email`, `emailOnFailure` and `emailOnRetry`, in Airflow's words, by the connection `smtp_default`. */
import { getClient } from "../sdk/context.ts";
import { sendMail } from "../sdk/operators/email.ts";
import type { AttemptContext } from "./attempt-context.ts";

export async function mailAboutFailure(context: AttemptContext, again: boolean): Promise<void> {
  const to = context.task.email ?? [];
  const instance = context.mapIndex < 0 ? context.taskId : `${context.taskId}[${context.mapIndex}]`;
  const rows = [
    ["Dag", context.dagId],
    ["Task", instance],
    ["Run", context.runId],
    ["Try", `${context.tryNumber} of ${context.ti.maxTries + 1}`],
    ["What follows", again ? "it is tried again" : "it is not tried again"],
    ["Error", context.reason ?? ""],
  ];
  const stack = context.exception instanceof Error ? (context.exception.stack ?? "") : "";
  await sendMail(getClient(), {
    to,
    subject: `Tradewind alert: ${context.dagId}.${instance} ${again ? "up for retry" : "failed"} (${context.runId})`,
    text: `${rows.map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n${stack}\n`,
  });
}
