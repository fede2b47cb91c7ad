/** A version of a model in a task's process, asked about tables. */
import { getContext } from "../../sdk/context.ts";
import { cellsOf, type Table } from "../data/table.ts";
import type { Rows } from "../serving/rows.ts";
import { loadServedModel, type ServedModel } from "../serving/served-model.ts";
import { enforceSignature, type Signature } from "../serving/signature.ts";
import type { TrackingClient } from "../tracking/client.ts";
import { type ModelVersionRef, withModelFiles } from "./registry.ts";

export interface AskedModel {
  readonly version: ModelVersionRef;
  /** Null where the model says nothing of what it takes. */
  readonly signature: Signature | null;
  /** One answer for each row. Columns are found by their names; those that the model does not take are passed over. */
  predict(table: Table): Promise<readonly unknown[]>;
  /** Probabilities of the classes, shape (rows, classes); null where the model gives none. */
  probabilities(table: Table): Promise<readonly (readonly number[])[] | null>;
}

/** Loads a registered version, of whatever kind can be served, for as long as `work` takes. */
export function withModel<T>(
  client: TrackingClient,
  version: ModelVersionRef,
  work: (model: AskedModel) => Promise<T>,
): Promise<T> {
  return withModelFiles(client, version, async (folder) => {
    const { environment } = getContext();
    const model = await loadServedModel(folder, {
      // A Python task names its own interpreter; else it is the one that the worker runs Python with.
      pythonInterpreter: environment["PYTHON"] ?? environment["TRADEWIND__PYTHON__INTERPRETER"] ?? "python3",
      environment,
    });
    try {
      return await work(asked(version, model));
    } finally {
      await model.close();
    }
  });
}

function asked(version: ModelVersionRef, model: ServedModel): AskedModel {
  const rows = (table: Table): Rows => enforceSignature(model.signature, rowsOf(table, model));
  return {
    version,
    signature: model.signature,
    predict: async (table) => (await model.predict(rows(table), {})).predictions,
    async probabilities(table) {
      if (model.platform === "tradewind_json") {
        const { predictions } = await model.predict(rows(table), { predict_method: "predict_proba" });
        return predictions as readonly (readonly number[])[];
      }
      const { more } = await model.predict(rows(table), {});
      const found = more["probabilities"] ?? more["output_probability"];
      return (found as readonly (readonly number[])[] | undefined) ?? null;
    },
  };
}

/** Without a signature a model is given the columns as they stand. */
export function rowsOf(table: Table, { signature }: Pick<ServedModel, "signature">): Rows {
  const wanted = signature?.columns?.map(({ name }) => name).filter((name) => table.names.includes(name));
  const columns = wanted ?? table.names;
  const cells = columns.map((name) => cellsOf(table.column(name)));
  return {
    columns,
    rows: Array.from({ length: table.rows }, (_, row) => cells.map((column) => column[row])),
  };
}
