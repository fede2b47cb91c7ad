/** `tradewind jobs check`: is a component alive? Made for health probes: the answer is the exit code. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { type JobKind, listJobs } from "../store/jobs.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { isoInstant, oneOf, wholeNumber } from "./flags.ts";

const kinds: readonly JobKind[] = ["scheduler", "worker", "triggerer", "dag-processor", "api"];

interface CheckFlags {
  jobType?: string;
  hostname?: string;
  local?: boolean;
  allowMultiple?: boolean;
  limit: string;
}

export function addJobsCommands(root: Command): void {
  const group = root.command("jobs").description("the running components");
  databaseCommand(group, "list", "components that run or ran, the newest first")
    .option("--limit <n>", "at most so many", "20")
    .action(onDatabase(list));
  databaseCommand(group, "check", "exit with 0 when a component is alive, else with 1")
    .option("--job-type <kind>", "SchedulerJob, TriggererJob, scheduler, worker, triggerer")
    .option("--hostname <name>", "only on this host")
    .option("--local", "only on this machine")
    .option("--allow-multiple", "more than one may be alive")
    .option("--limit <n>", "look at the newest so many", "100")
    .action(onDatabase(check));
}

async function list(work: Work, _: string[], flags: { limit: string }): Promise<void> {
  const jobs = await listJobs(work.database, { limit: wholeNumber(flags.limit, "--limit", 1) });
  work.session.rows(
    jobs.map((job) => ({
      id: job.id,
      kind: job.kind,
      state: job.state,
      hostname: job.hostname,
      pid: job.pid,
      started_at: isoInstant(job.startedAt),
      latest_heartbeat: isoInstant(job.latestHeartbeat),
      ended_at: isoInstant(job.endedAt),
    })),
  );
}

async function check(work: Work, _: string[], flags: CheckFlags): Promise<void> {
  const kind =
    flags.jobType === undefined
      ? null
      : oneOf(
          flags.jobType
            .replace(/Job$/, "")
            .replace(/(?<=[a-z])(?=[A-Z])/g, "-")
            .toLowerCase(),
          kinds,
          "--job-type",
        );
  const hostname = flags.local ? (await import("node:os")).hostname() : (flags.hostname ?? null);
  const jobs = await listJobs(work.database, {
    kind,
    hostname,
    limit: wholeNumber(flags.limit, "--limit", 1),
  });
  const fresh = work.now() - work.session.config.scheduler.healthCheckThreshold * 1000;
  const alive = jobs.filter((job) => job.state === "running" && job.latestHeartbeat >= fresh);
  if (alive.length === 0) throw new TradewindError("TW_JOB_NOT_ALIVE", `no ${kind ?? "job"} is alive`);
  if (alive.length > 1 && !flags.allowMultiple)
    throw new TradewindError("TW_JOB_NOT_ALIVE", `expected one ${kind ?? "job"}, got ${alive.length} alive`, {
      hint: "`--allow-multiple` accepts them",
    });
  work.session.print(alive.length === 1 ? "Found one alive job." : `Found ${alive.length} alive jobs.`);
}
