/** `tradewind airflow check | shim`: moving from Airflow. */
import { join } from "node:path";
import type { Command } from "commander";
import { type CheckedFile, type CheckedImport, checkFolder } from "./airflow-check.ts";
import { writeShim } from "./airflow-shim.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags, withOutput } from "./session.ts";

const program = join(import.meta.dirname, "../../bin/tradewind.mjs");

export function addAirflowCommands(root: Command): void {
  const group = root.command("airflow").description("moving from Airflow");
  withOutput(withGlobalFlags(group.command("check").argument("[folder]")))
    .description(
      "what of a folder of Airflow Dag files runs, is emulated, or is missing; exit code 1 if any is",
    )
    .action(check);
  withGlobalFlags(group.command("shim").argument("[folder]"))
    .description("puts an `airflow` command into a folder of the PATH that is Tradewind")
    .action(shim);
}

async function check(folder: string | undefined, flags: GlobalFlags): Promise<void> {
  const session = openSession(flags);
  const files = await checkFolder(session, folder ?? session.config.paths.dagsFolder);
  if (session.format === "json" || session.format === "yaml")
    session.rows(files.map((file) => ({ ...file })));
  else showTable(session, files);
  if (files.some(({ verdict }) => verdict === "missing" || verdict === "broken")) process.exitCode = 1;
}

function showTable(session: Session, files: readonly CheckedFile[]): void {
  session.rows(
    files.map(({ file, era, dags, imports, verdict }) => ({
      file,
      airflow: era,
      dags: dags.map(({ dagId }) => dagId).join(" "),
      tasks: dags.reduce((sum, { tasks }) => sum + tasks, 0),
      runs: count(imports, "runs"),
      emulated: count(imports, "emulated"),
      missing: count(imports, "missing") + count(imports, "refused"),
      verdict,
    })),
  );
  for (const { file, problem, imports } of files) {
    if (problem !== null)
      session.print(`${file}${problem.line === null ? "" : `:${problem.line}`}: ${problem.message}`);
    for (const { name, line, outcome, note } of imports)
      if (outcome !== "runs") session.print(`${file}:${line}: ${name}: ${outcome}: ${note}`);
  }
}

function count(imports: readonly CheckedImport[], outcome: CheckedImport["outcome"]): number {
  return imports.filter((one) => one.outcome === outcome).length;
}

function shim(folder: string | undefined, flags: GlobalFlags): void {
  const session = openSession(flags);
  const { path, onPath } = writeShim(folder, program, session.config.environment);
  session.print(path);
  if (!onPath) session.note(`hint: put ${join(path, "..")} at the front of PATH`);
}
