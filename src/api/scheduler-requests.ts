/**
 * What routes ask of the scheduler that holds a Dag's lease (ADR 53): a row and a notification in the transaction of
 * whatever else the route changes, and then a wait for it to be done, so that the answer shows the outcome.
 */
import { applyRequest } from "../scheduler/apply-request.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import type { Executor } from "../store/connect.ts";
import type { SchedulerRequest } from "../store/scheduler-requests.ts";
import type { ApiParts } from "./parts.ts";

export interface Asked {
  readonly dagId: string;
  readonly request: SchedulerRequest;
  readonly user: string;
}

/** Asks, where there is something to ask, in one transaction with what `also` does. */
export async function askScheduler(
  { database, secrets, config, clock }: ApiParts,
  asked: Asked | null,
  also: (tx: Executor) => Promise<void>,
): Promise<void> {
  if (asked === null) return await database.transaction(also);
  const { environment } = config;
  const settings = schedulerSettings(config);
  const parts = { database, secrets: () => secrets, environment, settings, clock };
  await applyRequest(parts, asked.dagId, asked.request, asked.user, also);
}
