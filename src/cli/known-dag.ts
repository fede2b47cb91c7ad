/** A Dag that a command names. */
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { type DagRow, findDag, listDags } from "../store/dags.ts";
import type { Work } from "./database-command.ts";

/** @throws TradewindError TW_DAG_NOT_FOUND, with the id that is nearest. */
export async function knownDag(work: Work, dagId: string): Promise<DagRow> {
  const found = await findDag(work.database, dagId);
  if (found !== null) return found;
  const { rows } = await listDags(work.database, {}, { limit: 100_000 });
  const near = nearest(
    dagId,
    rows.map((row) => row.dagId),
  );
  throw new TradewindError(
    "TW_DAG_NOT_FOUND",
    `expected the id of a Dag, got ${JSON.stringify(dagId)}${near ? `: did you mean ${near}?` : ""}`,
    {
      hint: "`tradewind dags list` shows the ids; `tradewind dags list-import-errors` shows files that failed",
    },
  );
}
