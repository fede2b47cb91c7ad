/** A mail for every run that succeeded, through the connection `smtp_default`. */
import { SmtpHook, type TaskContext } from "tradewind";

export async function mailSuccess({ dagId, runId, params, connections }: TaskContext): Promise<void> {
  const smtp = new SmtpHook(await connections.get("smtp_default"));
  const text = `The experiments of run ${runId} are in the table experiments, and the best model is saved.\n`;
  await smtp.send({ to: String(params["email"]), subject: `${dagId} succeeded`, text });
}
