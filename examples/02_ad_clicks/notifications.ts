/** Callbacks of the Dag: one mail when a run succeeded, another when it failed. */
import { SmtpHook, type TaskContext } from "tradewind";

export async function notifySuccess(context: TaskContext): Promise<void> {
  await send(context, "succeeded", "Every task of the run succeeded.");
}

export async function notifyFailure(context: TaskContext): Promise<void> {
  await send(context, "failed", `The run failed: ${context.reason ?? "see the log of its failed task"}.`);
}

async function send(
  { dagId, runId, params, connections }: TaskContext,
  verb: string,
  text: string,
): Promise<void> {
  const smtp = new SmtpHook(await connections.get("smtp_default"));
  await smtp.send({
    to: String(params["email"]),
    subject: `${dagId} ${verb}`,
    text: `${text}\nRun: ${runId}\n`,
  });
}
