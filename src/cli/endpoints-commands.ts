/** `tradewind endpoints`: what serves, its history, and its rollouts. They are started over the API, which loads the model first. */
import type { Command } from "commander";
import { type EndpointRow, findEndpoint, listChanges, listEndpoints } from "../store/endpoints.ts";
import { abortRollout, listRollouts, pauseRollout, type RolloutRow } from "../store/rollouts.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { wholeNumber } from "./flags.ts";

interface WhyFlags {
  reason?: string;
}

export function addEndpointsCommands(root: Command): void {
  const group = root.command("endpoints").description("names under which models answer, and their traffic");
  databaseCommand(group, "list", "all endpoints and their traffic").action(
    onDatabase(async ({ database, session }) =>
      session.rows((await listEndpoints(database)).map(endpointRow)),
    ),
  );
  databaseCommand(group, "get <name>", "one endpoint, a row for each variant").action(
    onDatabase(async ({ database, session }, [name = ""]) => {
      const { variants } = await findEndpoint(database, name);
      session.rows(variants.map((one) => ({ ...one })));
    }),
  );
  databaseCommand(group, "changes <name>", "who changed the traffic, when and why").action(
    onDatabase(async ({ database, session }, [name = ""]) => {
      const changes = await listChanges(database, name);
      session.rows(
        changes.map(({ generation, changedAt, kind, actor, reason, variants }) => ({
          generation,
          changed_at: new Date(changedAt).toISOString(),
          kind,
          actor: actor ?? "",
          reason: reason ?? "",
          traffic: traffic(variants),
        })),
      );
    }),
  );
  addRollouts(group);
}

function addRollouts(group: Command): void {
  databaseCommand(group, "rollouts <name>", "its rollouts, the newest first").action(
    onDatabase(async ({ database, session }, [name = ""]) => {
      await findEndpoint(database, name);
      session.rows((await listRollouts(database, name, 100)).map(rolloutRow));
    }),
  );
  const verbs = {
    pause: { done: "paused", what: "hold a rollout at its step; guardrails are watched still" },
    resume: { done: "running", what: "let a rollout that is paused go on" },
    abort: { done: "aborted", what: "end a rollout; the traffic of before it comes back" },
  } as const;
  for (const [verb, { done, what }] of Object.entries(verbs))
    databaseCommand(group, `${verb} <name> <rollout>`, what)
      .option("--reason <text>", "for the history")
      .action(
        onDatabase<WhyFlags>(async (work, [name = "", id = ""], { reason = null }) => {
          await intervene(
            work,
            verb as keyof typeof verbs,
            { endpoint: name, id: wholeNumber(id, "rollout", 1) },
            reason,
          );
          work.session.print(`Rollout ${id} of ${name} is ${done}`);
        }),
      );
}

function intervene(
  { database, now }: Work,
  verb: "pause" | "resume" | "abort",
  at: { endpoint: string; id: number },
  reason: string | null,
): Promise<RolloutRow> {
  const by = { now: now(), actor: "command line" };
  if (verb === "abort") return abortRollout(database, at, reason, by);
  return pauseRollout(database, at, { paused: verb === "pause", reason }, by);
}

const traffic = (variants: EndpointRow["variants"]): string =>
  variants
    .map(({ name, weight, shadow }) => `${name} ${shadow ? "shadow" : `${Number(weight.toFixed(2))} %`}`)
    .join(", ");

function endpointRow({
  name,
  generation,
  variants,
  guardrails,
  requestLog,
}: EndpointRow): Record<string, unknown> {
  return {
    endpoint: name,
    generation,
    traffic: traffic(variants),
    guardrails: guardrails === null ? "" : JSON.stringify(guardrails),
    request_log: requestLog === null ? "" : requestLog.sample,
  };
}

function rolloutRow({
  id,
  variant,
  model,
  state,
  step,
  steps,
  startedAt,
  reason,
}: RolloutRow): Record<string, unknown> {
  return {
    rollout: id,
    variant,
    model,
    state,
    step: `${step + 1} of ${steps.length} (${steps[step]?.weight} %)`,
    started_at: new Date(startedAt).toISOString(),
    reason: reason ?? "",
  };
}
