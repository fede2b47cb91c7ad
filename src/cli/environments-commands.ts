/** `tradewind environments`: the Python environments that were made for requirements. */
import type { Command } from "commander";
import {
  environmentsToRemove,
  type KeptEnvironment,
  keptEnvironments,
  removeAbandoned,
  removeEnvironment,
} from "../runtime/kept-environments.ts";
import type { Executor } from "../store/connect.ts";
import { interpretersInUse } from "../store/dag-versions.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { isoInstant, wholeNumber } from "./flags.ts";
import type { Session } from "./session.ts";

interface PruneFlags {
  maxAgeDays?: string;
  maxSizeMb?: string;
  all?: boolean;
  dryRun?: boolean;
}

const dayMs = 86_400_000;
const mb = 2 ** 20;

export function addEnvironmentsCommands(root: Command): void {
  const group = root
    .command("environments")
    .description("Python environments that were made for requirements");
  databaseCommand(group, "list", "all of them, the one that was not used for longest first").action(
    onDatabase(list),
  );
  databaseCommand(group, "prune", "remove those that were not used for long; current Dags keep theirs")
    .option("--max-age-days <n>", "not used for so long (default: python.environments_max_days)")
    .option("--max-size-mb <n>", "until the rest is not larger (default: python.environments_max_mb)")
    .option("--all", "every one that no current Dag names")
    .option("--dry-run", "show them, and remove nothing")
    .action(onDatabase(prune));
}

async function list({ session, database }: Work): Promise<void> {
  const inUse = await interpretersInUse(database);
  session.rows((await keptEnvironments(session.config.paths.environments)).map((one) => row(one, inUse)));
}

function row({ folder, requirements, usedAt, bytes, python }: KeptEnvironment, inUse: ReadonlySet<string>) {
  return {
    folder,
    requirements: requirements.join(" "),
    last_used: isoInstant(Math.round(usedAt)),
    size_mb: Math.round(bytes / mb),
    of_current_dags: inUse.has(python),
  };
}

async function prune({ session, database, now }: Work, _: string[], flags: PruneFlags): Promise<void> {
  const { environmentsMaxDays, environmentsMaxMb } = session.config.python;
  const days =
    flags.maxAgeDays === undefined ? environmentsMaxDays : wholeNumber(flags.maxAgeDays, "--max-age-days");
  const size =
    flags.maxSizeMb === undefined ? environmentsMaxMb : wholeNumber(flags.maxSizeMb, "--max-size-mb");
  const limits = flags.all === true ? { maxAgeMs: -1, maxBytes: null } : limitsOf(days, size);
  const inUse = await interpretersInUse(database);
  const all = await keptEnvironments(session.config.paths.environments);
  const removed = environmentsToRemove(all, { now: now(), ...limits, inUse });
  if (flags.dryRun === true) return session.rows(removed.map((one) => row(one, inUse)));
  for (const one of removed) await removeEnvironment(one);
  const freed = Math.round(removed.reduce((sum, { bytes }) => sum + bytes, 0) / mb);
  session.print(`${removed.length} of ${all.length} environments removed, ${freed} MB`);
}

/** 0 of either is without limit. */
function limitsOf(days: number, size: number) {
  return { maxAgeMs: days === 0 ? null : days * dayMs, maxBytes: size === 0 ? null : size * mb };
}

/** What a service does now and then. */
export async function pruneEnvironments(session: Session, database: Executor, now: number): Promise<number> {
  const { python, paths } = session.config;
  const limits = limitsOf(python.environmentsMaxDays, python.environmentsMaxMb);
  if (limits.maxAgeMs === null && limits.maxBytes === null) return 0;
  const all = await keptEnvironments(paths.environments);
  const removed = environmentsToRemove(all, { now, ...limits, inUse: await interpretersInUse(database) });
  for (const one of removed) await removeEnvironment(one);
  await removeAbandoned(paths.environments, now);
  return removed.length;
}
