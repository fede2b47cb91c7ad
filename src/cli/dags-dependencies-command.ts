/** `tradewind dags show-dependencies`: which Dag starts, waits for or feeds which. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { AssetExpression, DagSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { currentVersion } from "../store/dag-versions.ts";
import { listDags } from "../store/dags.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { dependenciesToDot, dependenciesToMermaid, renderDot } from "./graph/dependencies.ts";

/** From one Dag or asset to another; `kind` is as Airflow names it. */
export interface DagDependency {
  readonly from: string;
  readonly to: string;
  readonly kind: "trigger" | "sensor" | "marker" | "asset";
  /** The task that makes the dependency; empty for a schedule. */
  readonly via: string;
}

export function addDagsDependenciesCommand(group: Command): void {
  databaseCommand(group, "show-dependencies", "which Dag starts, waits for or feeds which")
    .option("-f, --format <format>", "rows, mermaid, dot or svg", "rows")
    .option("-s, --save <file>", "write the drawing to a file; its ending gives the form")
    .action(onDatabase(show));
}

async function show(work: Work, _: string[], flags: { format: string; save?: string }): Promise<void> {
  await syncDagsFolder(work);
  const { rows } = await listDags(work.database, {}, { limit: 100_000 });
  const found: DagDependency[] = [];
  for (const { dagId } of rows) {
    const version = await currentVersion(work.database, dagId);
    if (version) found.push(...dependenciesOf(version.spec));
  }
  const format = flags.save === undefined ? flags.format : (/\.(\w+)$/.exec(flags.save)?.[1] ?? flags.format);
  if (format === "rows")
    return work.session.rows(found.map(({ from, to, kind, via }) => ({ from, to, kind, via })));
  const text = await drawing(found, format);
  if (flags.save === undefined) return work.session.print(text);
  writeFileSync(flags.save, text);
  work.session.note(`written to ${flags.save}`);
}

async function drawing(dependencies: readonly DagDependency[], format: string): Promise<string> {
  switch (format) {
    case "mermaid":
    case "mmd":
      return dependenciesToMermaid(dependencies);
    case "dot":
    case "gv":
      return dependenciesToDot(dependencies);
    case "svg":
      return await renderDot(dependenciesToDot(dependencies));
    default:
      throw new TradewindError(
        "TW_USAGE",
        `--format: expected rows, mermaid, dot or svg, got ${JSON.stringify(format)}`,
      );
  }
}

export function dependenciesOf(spec: DagSpec): DagDependency[] {
  const { dagId, timetable } = spec;
  const found: DagDependency[] = [];
  for (const { taskId: via, dagDependency, outlets } of spec.tasks) {
    if (dagDependency?.kind === "sensor")
      found.push({ from: dagDependency.dagId, to: dagId, kind: "sensor", via });
    else if (dagDependency !== undefined)
      found.push({ from: dagId, to: dagDependency.dagId, kind: dagDependency.kind, via });
    for (const asset of outlets.flatMap(names)) found.push({ from: dagId, to: asset, kind: "asset", via });
  }
  if ("assets" in timetable)
    for (const asset of names(timetable.assets))
      found.push({ from: asset, to: dagId, kind: "asset", via: "" });
  return found;
}

function names(expression: AssetExpression): string[] {
  if ("asset" in expression) return [`asset ${expression.asset.name}`];
  if ("alias" in expression) return [`alias ${expression.alias.name}`];
  if ("ref" in expression) return [`asset ${expression.ref.name ?? expression.ref.uri ?? ""}`];
  return ("all" in expression ? expression.all : expression.any).flatMap(names);
}
